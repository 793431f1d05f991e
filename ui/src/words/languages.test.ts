import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { messagesByLanguage } from '../../messages-by-language';
import { m } from '../paraglide/messages.js';
import { language, ofSystem, TONGUES } from '../state/language.svelte';

type Catalogue = Record<string, string>;

const FOLDER = 'messages';
const read = (file: string) => JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Catalogue;
const english = read('en.json');
const keys = Object.keys(english).filter((key) => !key.startsWith('$'));
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
const files = readdirSync(FOLDER).filter((file) => file !== 'en.json');

it('every language the interface offers has a catalogue, and no other', () => {
  expect(files.map((file) => file.replace('.json', '')).sort()).toEqual(
    TONGUES.map(({ tag }) => tag as string)
      .filter((tag) => tag !== 'en')
      .sort(),
  );
});

describe.each(files)('%s', (file) => {
  const catalogue = read(file);

  it('says everything, in the order of the English one', () => {
    expect(Object.keys(catalogue)).toEqual(Object.keys(english));
    for (const key of keys) expect(catalogue[key]?.trim(), key).toBeTruthy();
  });

  it('has the parameters of the English sentences', () => {
    for (const key of keys) expect(parameters(catalogue[key] ?? ''), key).toEqual(parameters(english[key] ?? ''));
  });

  it('is not English left over', () => {
    const same = keys.filter((key) => catalogue[key] === english[key] && /\w \w+ \w/.test(english[key] ?? ''));
    expect(same).toEqual([]);
  });
});

describe('the language that is spoken', () => {
  afterAll(() => language.choose('en'));

  it('is fetched when it is chosen, and shown from then on', async () => {
    await language.choose('zh-CN');
    expect(m.md_unfold({ lines: 3 })).toBe('展开全部 3 行');
    expect(document.documentElement.lang).toBe('zh-CN');
    await language.choose('en');
    expect(m.md_unfold({ lines: 3 })).toBe('Show all 3 lines');
    expect(m.delete()).toBe('Delete');
  });

  it('is the last one that was chosen, whichever comes first', async () => {
    const first = language.choose('zh-CN');
    await language.choose('en');
    await first;
    expect(language.current).toBe('en');
    expect(m.stop()).toBe('Stop');
  });

  it('is the first of the system’s that there is', () => {
    expect(ofSystem(['zh-Hans-CN', 'en'])).toBe('zh-CN');
    expect(ofSystem(['zh-Hant-HK', 'en'])).toBe('zh-TW');
    expect(ofSystem(['zh-TW'])).toBe('zh-TW');
    expect(ofSystem(['de-AT', 'en'])).toBe('de');
    expect(ofSystem(['en-GB', 'zh'])).toBe('en');
    expect(ofSystem(['tlh', 'zh'])).toBe('zh-CN');
    expect(ofSystem([])).toBe('en');
  });
});

it('a message brings its English words and no others, so that a first load has one language', () => {
  const plugin = messagesByLanguage() as unknown as {
    transform: (code: string, id: string) => { code: string };
    load: (id: string) => { code: string };
  };
  const index = resolve('src/paraglide/messages/_index.js');
  const { code } = plugin.transform(readFileSync(index, 'utf8'), index);
  const modules = [...code.matchAll(/from '(.*)'/g)].map((found) => found[1] ?? '');
  expect(modules.length).toBe(keys.length);
  for (const module of modules) {
    const message = plugin.load(module).code;
    expect(message).not.toMatch(/undefined|\p{Script=Han}/u);
    expect([...message.matchAll(/from '(.*)'/g)].map((found) => found[1])).toEqual(['../../../words/spoken.svelte.ts']);
  }
});
