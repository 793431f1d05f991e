import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = ['tokens', 'look'].map((name) => readFileSync(`src/ui/${name}.css`, 'utf8')).join('\n');

function palette(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? '';
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((found) => [found[1] ?? '', found[2] ?? '']));
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const accents = ['river', 'sky', 'iris', 'moss', 'clay', 'ink'];

describe.each([
  ['light', ':root', ''],
  ['dark', '[data-theme="dark"]', '[data-theme="dark"]'],
])('accents in %s', (_name, ground, prefix) => {
  it.each(accents)('%s can be read, and written on', (accent) => {
    const base = palette(ground);
    const colours = palette(`\n${prefix}[data-accent="${accent}"]`);
    const get = (name: string) => colours.get(name) ?? base.get(name) ?? '';
    for (const paper of ['paper', 'paper-2', 'code'])
      expect(contrast(get('river'), get(paper)), paper).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('on-river'), get('river'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('ink'), get('river-soft'))).toBeGreaterThanOrEqual(4.5);
  });
});

describe.each([':root', '[data-theme="dark"]'])('%s', (selector) => {
  const colours = palette(selector);
  const get = (name: string) => colours.get(name) ?? '';
  const texts = ['ink', 'ink-2', 'ink-3', 'river', 'good', 'warn', 'bad'];

  it.each(['paper', 'paper-2', 'code'])('text can be read on %s', (ground) => {
    for (const text of texts) expect(contrast(get(text), get(ground)), text).toBeGreaterThanOrEqual(4.5);
  });

  it('text can be read on a chosen row and on the accent', () => {
    for (const text of texts) expect(contrast(get(text), get('paper-3')), text).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('on-river'), get('river'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('ink'), get('river-soft'))).toBeGreaterThanOrEqual(4.5);
  });

  it('controls stand out from their ground', () => {
    for (const ground of ['paper', 'paper-2']) {
      expect(contrast(get('edge'), get(ground)), ground).toBeGreaterThanOrEqual(3);
      expect(contrast(get('river'), get(ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });
});
