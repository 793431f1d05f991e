/**
 * Runs hostile Markdown through the real component in a real engine. Not part of the app: `vite build --mode vectors`
 * builds this page (ui/vectors/index.html) into `dist-vectors/`.
 *
 * To drive it:
 *  1. Serve `dist-vectors/` on loopback and open `/`. The cases are taken from `window.__cases` if a script set
 *     it before the page ran, else fetched from `/cases.json` of the same server. Either is what `testdata/markup.json` is,
 *     `{group: {payloads: [text, …]}}`, or a list `[{name, text}, …]`.
 *  2. Wait until `window.vectors` is an object: `{passed: number, failed: [name, …], details: {name: [sentence, …]}}`.
 *     Until then `window.__progress` is the number of cases done, so that a hang shows as a number that stands still. The
 *     document's title becomes `passed N failed M` at the end.
 *  3. A case fails if, at any streamed prefix, something is drawn that `audit.ts` forbids, `window.__xss` is set, a
 *     request leaves for another host, the page's policy is violated, or one step takes longer than `STEP_MS`.
 *     The server should also count the requests it gets: only this page, its assets and `/cases.json` may arrive.
 */
import { flushSync, mount, unmount } from 'svelte';
import { violations } from './audit';
import { highlightSettled } from './code';
import Markdown from './Markdown.svelte';
import { mathsSettled } from './maths';

interface Case {
  name: string;
  text: string;
}

interface Report {
  passed: number;
  failed: string[];
  details: Record<string, string[]>;
}

interface Probe {
  __cases?: unknown;
  vectors?: Report;
  __progress?: number;
  __xss?: unknown;
}

/** Longer than this for one prefix is a hang. */
const STEP_MS = 5000;
/** Longer texts are cut at this many places, always including the first and last hundred characters. */
const MOST_PREFIXES = 600;

const probe = window as Window & Probe;
const refused: string[] = [];
document.addEventListener('securitypolicyviolation', (event) =>
  refused.push(`policy: ${event.violatedDirective} ${event.blockedURI}`),
);

void run();

async function run(): Promise<void> {
  const cases = casesOf(probe.__cases ?? (await (await fetch('/cases.json')).json()));
  const report: Report = { passed: 0, failed: [], details: {} };
  probe.__progress = 0;
  for (const one of cases) {
    const found = await check(one);
    if (found.length === 0) {
      report.passed++;
    } else {
      report.failed.push(one.name);
      report.details[one.name] = found.slice(0, 5);
    }
    probe.__progress++;
  }
  probe.vectors = report;
  document.title = `passed ${report.passed} failed ${report.failed.length}`;
}

/** Streams one case into the component; answers what went wrong. */
async function check({ text }: Case): Promise<string[]> {
  const found: string[] = [];
  const target = document.createElement('main');
  document.body.append(target);
  const props = $state({ text: '', running: true });
  const component = mount(Markdown, { target, props });
  const step = (shown: string, running: boolean): void => {
    const begun = performance.now();
    props.text = shown;
    props.running = running;
    flushSync();
    component.flush();
    found.push(...violations(target.firstElementChild ?? target));
    if (performance.now() - begun > STEP_MS) found.push(`a step took ${Math.round(performance.now() - begun)} ms`);
  };
  for (const end of prefixes(text.length)) step(text.slice(0, end), true);
  step(text, false);
  await mathsSettled();
  await highlightSettled();
  // A handler that would run has had its turn by now.
  await new Promise((resolve) => setTimeout(resolve, 20));
  found.push(...violations(target.firstElementChild ?? target), ...outside(), ...refused.splice(0));
  if (probe.__xss !== undefined) found.push('a script ran');
  delete probe.__xss;
  await unmount(component);
  target.remove();
  return [...new Set(found)];
}

/** Requests to other hosts since the last time. */
function outside(): string[] {
  const urls = performance.getEntriesByType('resource').map((entry) => entry.name);
  performance.clearResourceTimings();
  return urls.filter((url) => new URL(url, location.href).origin !== location.origin).map((url) => `request to ${url}`);
}

function prefixes(length: number): number[] {
  const ends: number[] = [];
  const stride = Math.max(1, Math.ceil(length / MOST_PREFIXES));
  for (let end = 1; end < length; end += end < 100 || end > length - 100 ? 1 : stride) ends.push(end);
  return ends;
}

function casesOf(data: unknown): Case[] {
  if (Array.isArray(data)) return data as Case[];
  return Object.entries(data as Record<string, { payloads: string[] }>).flatMap(([group, { payloads }]) =>
    payloads.map((text, i) => ({ name: `${group}[${i}]`, text })),
  );
}
