import { expect, it } from 'vitest';
import { violations } from './audit';
import { highlightSettled } from './code';
import { mathsSettled } from './maths';
import { Renderer } from './renderer';
import groups from './testdata/markup.json';

/** Against hanging only. */
const LIMIT_MS = 120_000;

for (const [group, { payloads }] of Object.entries(groups)) {
  it(
    `draws nothing dangerous, at any prefix: ${group}`,
    async () => {
      for (const payload of payloads) {
        const host = document.createElement('div');
        document.body.append(host);
        const renderer = new Renderer(host);
        const step = Math.max(1, Math.floor(payload.length / 60));
        for (let end = 1; end < payload.length; end += step) {
          renderer.update(payload.slice(0, end), true);
          renderer.flush();
          expect(violations(host), payload.slice(0, end)).toEqual([]);
        }
        renderer.update(payload, false);
        renderer.flush();
        await mathsSettled();
        await highlightSettled();
        expect(violations(host), payload).toEqual([]);
        expect((window as { __xss?: unknown }).__xss).toBeUndefined();
        renderer.destroy();
        host.remove();
      }
    },
    LIMIT_MS,
  );
}

it(
  'draws nothing dangerous when a payload stands in any structure',
  async () => {
    const frames = [
      '- {}',
      '> {}',
      '| a |\n|---|\n| {} |',
      '# {}',
      '**{}**',
      '[{}](https://a.example)',
      '![{}](https://a.example)',
      '`{}`',
      '```{}\n{}\n```',
      '$${}$$',
      '[^1]\n\n[^1]: {}',
      '[a]: {}\n\n[a]',
    ];
    for (const { payloads } of Object.values(groups)) {
      for (const payload of payloads.filter((one) => one.length < 400)) {
        const host = document.createElement('div');
        const renderer = new Renderer(host);
        renderer.update(
          frames.map((frame) => frame.replaceAll('{}', () => payload.replace(/\n+/g, ' '))).join('\n\n'),
          false,
        );
        renderer.flush();
        expect(violations(host), payload).toEqual([]);
        renderer.destroy();
      }
    }
    await mathsSettled();
  },
  LIMIT_MS,
);

it('lets no formula reach far over what stands around it', async () => {
  const formulas = [
    '\\kern-5000em x',
    '\\raisebox{-5000em}{x}',
    '\\rule[-500em]{5em}{5em}',
    'a\\\\[-500em]b',
    '\\kern-3em x',
  ];
  const host = document.createElement('div');
  const renderer = new Renderer(host);
  renderer.update(formulas.map((one) => `$${one}$`).join('\n\n'), false);
  renderer.flush();
  await mathsSettled();
  const sizes = [...host.querySelectorAll('math *')].flatMap((one) => [...one.attributes].map(({ value }) => value));
  expect(sizes).toContain('-3em');
  expect(sizes.filter((size) => Math.abs(Number.parseFloat(size)) > 10)).toEqual([]);
  renderer.destroy();
});

it('makes no link of an odd address, in text or picture', () => {
  const addresses = [
    'javascript:window.__xss=1',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'file:///etc/passwd',
    '//a.example/x',
    'https:a.example',
    'https://user@a.example/',
    'tauri://localhost/x',
    'http://ipc.localhost/x',
    'http://ipc.localhost./x',
    '#x',
    'x',
  ];
  const host = document.createElement('div');
  const renderer = new Renderer(host);
  renderer.update(addresses.map((one) => `[a](${one}) ![b](${one}) <${one}> [c]\n\n[c]: ${one}`).join('\n\n'), false);
  renderer.flush();
  expect(host.querySelectorAll('a').length).toBe(0);
  expect(violations(host)).toEqual([]);
  renderer.destroy();
});

it('is audited by rules that can fail', () => {
  const host = document.createElement('div');
  for (const html of [
    '<script></script>',
    '<img src="x">',
    '<p onclick="x">',
    '<p id="x">',
    '<p style="color:red">',
    '<a href="javascript:x">',
    '<a href="/x">',
    '<a href="https://u@a.example">',
    '<form></form>',
    '<button>',
    '<input>',
    '<svg></svg>',
    '<math href="https://a.example"></math>',
  ]) {
    host.innerHTML = html;
    expect(violations(host).length, html).toBeGreaterThan(0);
  }
});
