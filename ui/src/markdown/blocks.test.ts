import { tests as examples } from 'commonmark-spec';
import { describe, expect, it } from 'vitest';
import { Blocks } from './blocks';
import { parsed } from './parser';
import { chunks, random } from './testdata/random';
import { TEXTS } from './testdata/texts';

function cut(pieces: string[]): Blocks {
  const blocks = new Blocks();
  for (const piece of pieces) blocks.push(piece);
  blocks.finish();
  return blocks;
}

/** Against hanging only. */
const LIMIT_MS = 120_000;

describe('blocks', () => {
  it(
    'cuts at the same places however the text arrives',
    () => {
      const next = random(1);
      for (const text of [
        ...Object.values(TEXTS),
        ...examples.map((example) => example.markdown.replaceAll('→', '\t')),
      ]) {
        const whole = cut([text]).closed;
        for (const longest of [1, 3, 40]) expect(cut(chunks(text, next, longest)).closed).toEqual(whole);
      }
    },
    LIMIT_MS,
  );

  it(
    'cuts joined specimens at the same places',
    () => {
      const next = random(2);
      const all = [...Object.values(TEXTS), ...examples.map((example) => example.markdown.replaceAll('→', '\t'))];
      for (let round = 0; round < 300; round++) {
        const text = Array.from({ length: 4 }, () => all[Math.floor(next() * all.length)]!).join(
          next() < 0.5 ? '\n\n' : '\n',
        );
        expect(cut(chunks(text, next, 1 + Math.floor(next() * 60))).closed).toEqual(cut([text]).closed);
      }
    },
    LIMIT_MS,
  );

  it(
    'loses nothing',
    () => {
      for (const text of ['a\n\nb', '# h\ntext\n- l\n- m\n', '> q\n\n[x]: /u\n\np']) {
        const sources = cut([text]).closed.map((block) => (block.kind === 'markdown' ? block.source : ''));
        expect(sources.join('')).toBe(text);
      }
    },
    LIMIT_MS,
  );

  it(
    'closes a block when the next one has begun, and not before',
    () => {
      const blocks = new Blocks();
      blocks.push('First\n\n');
      expect(blocks.closed).toEqual([]);
      blocks.push('Second\n');
      expect(blocks.closed).toEqual([{ kind: 'markdown', source: 'First\n' }]);
      expect(blocks.open).toBe('\nSecond\n');
    },
    LIMIT_MS,
  );

  it(
    'hands out an open fence in pieces, without its closing line',
    () => {
      const blocks = new Blocks();
      blocks.push('Hi\n```py\na = 1\nb');
      expect(blocks.fence).toMatchObject({ info: 'py', pieces: ['a = 1\n', 'b'] });
      blocks.push(' = 2\n``');
      expect(blocks.fence?.pieces.join('')).toBe('a = 1\nb = 2\n');
      blocks.push('`\nAfter');
      expect(blocks.fence).toBeNull();
      expect(blocks.closed.at(-1)).toEqual({ kind: 'code', info: 'py', code: 'a = 1\nb = 2\n' });
      expect(blocks.open).toBe('After');
    },
    LIMIT_MS,
  );

  it(
    'parses each character a bounded number of times',
    () => {
      const shapes = {
        prose: 'Some words that make a line of text.\nAnd another line.\n\n',
        code: '```js\nconst answer = 42;\nconsole.log(answer);\n```\n\n',
        list: '- an item\n',
        table: '| a | b |\n',
        paragraph: 'one line of a paragraph that never ends\n',
        quote: '> quoted\n',
      };
      for (const [name, shape] of Object.entries(shapes)) {
        const text =
          (name === 'table' ? '| a | b |\n|---|---|\n' : '') + shape.repeat(Math.ceil(60_000 / shape.length));
        const cost = (length: number): number => {
          const before = parsed.characters;
          cut(chunks(text.slice(0, length), random(3), 40));
          return (parsed.characters - before) / length;
        };
        const long = cost(60_000);
        expect(long, name).toBeLessThan(60);
        expect(long, name).toBeLessThan(cost(15_000) * 1.5 + 2);
      }
    },
    LIMIT_MS,
  );
});
