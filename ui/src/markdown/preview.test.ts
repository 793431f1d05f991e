import { afterEach, expect, it, vi } from 'vitest';
import { setFrames } from './frames';
import { setOpenLink } from './links';
import { setPictures } from './pictures';
import { Renderer } from './renderer';

function drawn(text: string): HTMLElement {
  const host = document.createElement('div');
  document.body.replaceChildren(host);
  const renderer = new Renderer(host);
  renderer.update(text, false);
  renderer.flush();
  return host;
}

const fenced = (info: string, code: string) => `\`\`\`${info}\n${code}\n\`\`\`\n`;
const previews = (host: HTMLElement) => [...host.querySelectorAll<HTMLButtonElement>('.md-code-preview')];

afterEach(() => {
  setFrames(() => '/frames/none.html');
  setPictures(null);
});

it('offers to draw a page, a picture and a diagram, and nothing else', () => {
  setFrames((page) => `/frames/${page}.html`);
  const offered = (info: string, code = 'x') => previews(drawn(fenced(info, code))).length;
  for (const info of ['html', 'svg', 'mermaid', 'HTML', 'mermaid {theme}']) expect(offered(info), info).toBe(1);
  for (const info of ['', 'js', 'htm', 'xml', 'markdown']) expect(offered(info), info).toBe(0);
  for (const svg of ['<svg/>', ' <?xml version="1.0"?>\n<!-- a --><svg viewBox="0 0 1 1">', '<!DOCTYPE svg>\n<svg>']) {
    expect(offered('xml', svg), svg).toBe(1);
  }
  expect(offered('xml', '<note><svg/></note>')).toBe(0);
});

it('draws in a frame without an origin, after a click, and keeps the code', () => {
  setFrames((page) => `/frames/${page}.html`);
  const host = drawn(fenced('html', '<p>Hello'));
  expect(host.querySelector('iframe')).toBeNull();
  const [button] = previews(host);
  button?.click();
  const frame = host.querySelector('iframe');
  expect(frame?.getAttribute('sandbox')).toBe('allow-scripts');
  expect(frame?.getAttribute('src')).toBe('/frames/still.html');
  expect(frame?.hasAttribute('srcdoc')).toBe(false);
  expect(host.querySelector('pre')?.textContent).toContain('<p>Hello');
  button?.click();
  expect(host.querySelector('iframe')).toBeNull();
});

it('names each frame by what is in it, so that no two are called the same', () => {
  setFrames((page) => `/frames/${page}.html`);
  const host = drawn(fenced('html', '<p>One') + fenced('html', '<p>Two') + fenced('svg', '<svg/>'));
  for (const button of previews(host)) button.click();
  const titles = [...host.querySelectorAll('iframe')].map(({ title }) => title);
  expect(titles).toEqual(['Preview of html', 'Preview of html 2', 'Preview of svg']);
});

it('does not draw what is too long', () => {
  setFrames((page) => `/frames/${page}.html`);
  const host = drawn(fenced('mermaid', `graph TD\n${'A --> B\n'.repeat(3000)}`));
  previews(host)[0]?.click();
  expect(host.querySelector('iframe')).toBeNull();
  expect(host.querySelector('.md-preview')?.textContent).toContain('too long');
});

it('fetches a picture when it is asked for, once, and opens the link after that', async () => {
  const opened = vi.fn();
  setOpenLink(opened);
  const fetch = vi.fn(async () => ({ data: 'data:image/png;base64,AA==' }));
  setPictures(fetch);
  const host = drawn('![A *river*](https://pictures.example/a.png)');
  const chip = host.querySelector<HTMLElement>('.md-picture');
  expect(fetch).not.toHaveBeenCalled();
  chip?.click();
  await vi.waitFor(() => expect(host.querySelector('img')).not.toBeNull());
  expect(fetch).toHaveBeenCalledExactlyOnceWith('https://pictures.example/a.png');
  expect(host.querySelector('img')?.getAttribute('src')).toBe('data:image/png;base64,AA==');
  expect(host.querySelector('img')?.alt).toContain('river');
  expect(opened).not.toHaveBeenCalled();
  chip?.click();
  expect(opened).toHaveBeenCalledExactlyOnceWith('https://pictures.example/a.png');
});

it('says why there is no picture, and where nobody fetches it is a link', async () => {
  const opened = vi.fn();
  setOpenLink(opened);
  setPictures(async () => ({ problem: 'Not from there.' }));
  const host = drawn('![A](https://pictures.example/a.png)');
  host.querySelector<HTMLElement>('.md-picture')?.click();
  await vi.waitFor(() => expect(host.querySelector('[role=status]')?.textContent).toBe('Not from there.'));
  expect(host.querySelector('img')).toBeNull();
  setPictures(null);
  drawn('![A](https://pictures.example/a.png)').querySelector<HTMLElement>('.md-picture')?.click();
  expect(opened).toHaveBeenCalledOnce();
});
