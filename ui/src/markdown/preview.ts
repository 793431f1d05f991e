import type { Shown } from '../frames/host';
import { type FramePage, frameAddress } from './frames';
import { nameOf } from './highlight';
import { labels } from './labels';

/** Longer code is not shown otherwise than as code. */
const MOST = { still: 500_000, diagram: 20_000 };
/** The height of a frame, in pixels: no answer can push the rest of the page out of sight. */
const HEIGHT = { least: 40, first: 160, most: 560 };
/** A frame that says nothing for so long has failed. */
const PATIENCE_MS = 20_000;

/** The page that shows code of this language, if any does. */
export function pageFor(info: string, code: string): FramePage | null {
  if (frameAddress('still') === null) return null;
  switch (nameOf(info).toLowerCase()) {
    case 'mermaid':
      return 'diagram';
    case 'html':
    case 'svg':
      return 'still';
    case 'xml':
      return /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]{0,1000}?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>/]/.test(code)
        ? 'still'
        : null;
    default:
      return null;
  }
}

/** Shows code as what it describes, in a frame that has neither the app's origin nor a network. */
export function preview(page: FramePage, code: string, name: string): HTMLElement {
  const element = document.createElement('div');
  element.className = 'md-preview';
  const address = frameAddress(page);
  if (code.length > MOST[page] || address === null) {
    fail(element, labels.previewLarge);
    return element;
  }
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.referrerPolicy = 'no-referrer';
  frame.title = titleOf(name);
  // So that the keys come to what is drawn, and scroll it.
  frame.tabIndex = 0;
  frame.height = String(HEIGHT.first);
  const silence = setTimeout(() => fail(element, labels.previewFailed), PATIENCE_MS);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<Partial<Record<'height' | 'problem', unknown>> | null>) => {
    clearTimeout(silence);
    if (typeof data?.problem === 'string') fail(element, labels.previewFailed, data.problem.slice(0, 1000));
    else if (typeof data?.height === 'number' && data.height > 0)
      frame.height = String(Math.min(HEIGHT.most, Math.max(HEIGHT.least, Math.ceil(data.height))));
  };
  const { dataset, lang: language } = document.documentElement;
  const shown: Shown = { text: code, dark: dataset.theme === 'dark', title: frame.title, language };
  // It has no origin that could be named here. What it gets is the model's own text.
  frame.addEventListener('load', () => frame.contentWindow?.postMessage(shown, '*', [port2]), { once: true });
  frame.src = address;
  element.append(frame);
  return element;
}

/** What it is called; several of one kind are told apart by their number. */
function titleOf(name: string): string {
  const titles = new Set(Array.from(document.querySelectorAll('iframe'), ({ title }) => title));
  const title = labels.previewOf(name);
  let unique = title;
  for (let nth = 2; titles.has(unique); nth += 1) unique = `${title} ${nth}`;
  return unique;
}

function fail(element: HTMLElement, sentence: string, detail = ''): void {
  const said = document.createElement('p');
  said.setAttribute('role', 'status');
  said.textContent = sentence;
  element.replaceChildren(said);
  if (detail === '') return;
  const words = document.createElement('pre');
  words.tabIndex = 0;
  words.textContent = detail;
  element.append(words);
}
