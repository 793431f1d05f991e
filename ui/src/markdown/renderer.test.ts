import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { highlightSettled } from './code';
import { setOpenLink } from './links';
import { mathsSettled } from './maths';
import { parsed } from './parser';
import type { Clock } from './renderer';
import { Renderer } from './renderer';
import { chunks, random } from './testdata/random';
import { TEXTS } from './testdata/texts';

/** Frames that the test runs by hand. */
class HandClock implements Clock {
  private callback: (() => void) | null = null;
  private time = 0;
  frame = (callback: () => void): number => {
    this.callback = callback;
    return 1;
  };
  cancelFrame = (): void => {
    this.callback = null;
  };
  now = (): number => this.time;
  /** Runs the frame that was asked for; answers whether there was one. */
  run(ms = 16): boolean {
    this.time += ms;
    const callback = this.callback;
    this.callback = null;
    callback?.();
    return callback !== null;
  }
}

/** Against hanging only. */
const LIMIT_MS = 120_000;

let host: HTMLElement;
let clock: HandClock;
let renderer: Renderer;

function fresh(): void {
  host = document.createElement('div');
  clock = new HandClock();
  renderer = new Renderer(host, clock);
}

beforeEach(fresh);
afterEach(() => renderer.destroy());

function atOnce(text: string): void {
  renderer.update(text, false);
  while (clock.run());
}

function streamed(pieces: string[]): void {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    renderer.update(text, true);
    clock.run();
  }
  renderer.update(text, false);
  while (clock.run());
}

async function settled(): Promise<string> {
  await mathsSettled();
  await highlightSettled();
  await Promise.resolve();
  return host.innerHTML;
}

function normal(element: HTMLElement): HTMLElement {
  element.normalize();
  return element;
}

describe('a streamed answer', () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    it(
      `ends as the same text drawn at once: ${name}`,
      async () => {
        atOnce(text);
        await settled();
        const whole = normal(host).innerHTML;
        const next = random(7);
        for (const longest of [1, 4, 17, 90, 90, 400]) {
          fresh();
          streamed(chunks(text, next, longest));
          await settled();
          expect(normal(host).innerHTML).toBe(whole);
        }
      },
      LIMIT_MS,
    );
  }

  it(
    'ends as the same text drawn at once: random joins',
    async () => {
      const next = random(11);
      const all = Object.values(TEXTS);
      for (let round = 0; round < 25; round++) {
        const text = Array.from({ length: 3 }, () => {
          const one = all[Math.floor(next() * all.length)]!;
          const from = Math.floor(next() * one.length);
          return one.slice(from, from + 600);
        }).join('\n\n');
        fresh();
        atOnce(text);
        await settled();
        const whole = normal(host).innerHTML;
        fresh();
        streamed(chunks(text, next, 30));
        await settled();
        expect(normal(host).innerHTML, JSON.stringify(text)).toBe(whole);
      }
    },
    LIMIT_MS,
  );

  it('leaves closed blocks alone', () => {
    renderer.update('# Title\n\nFirst *paragraph*.\n\nSecond', true);
    clock.run();
    const [title, first] = host.children;
    const words = first!.querySelector('em')!.firstChild;
    streamedOn('# Title\n\nFirst *paragraph*.\n\nSecond', ' one\n\n```js\nlet a = 1;\n```\n\nThird');
    expect(host.children[0]).toBe(title);
    expect(host.children[1]).toBe(first);
    expect(first!.querySelector('em')!.firstChild).toBe(words);
  });

  it('appends to the text node of the paragraph that grows', () => {
    renderer.update('Some words', true);
    const node = host.querySelector('p')!.firstChild;
    streamedOn('Some words', ' and more words');
    expect(host.querySelector('p')!.firstChild).toBe(node);
    expect(node!.textContent).toBe('Some words and more words');
  });

  it('draws once a frame, however often it is told', () => {
    const frame = vi.spyOn(clock, 'frame');
    renderer.update('a', true);
    for (const text of ['ab', 'abc', 'abcd']) renderer.update(text, true);
    expect(host.textContent).toBe('a');
    expect(frame).toHaveBeenCalledTimes(1);
    clock.run();
    expect(host.textContent).toBe('abcd');
  });

  it(
    'costs in proportion to its length',
    () => {
      const shapes: Record<string, string> = {
        prose: 'Some **words** that make a line of text.\nAnd another `line`.\n\n',
        code: '```js\nconst answer = 42;\nconsole.log(answer);\n```\n\n',
        'one fence': 'let a = 1;\n',
        'one list': '- an item with *words*\n',
        'one paragraph': 'one line of a paragraph that never ends\n',
      };
      for (const [name, shape] of Object.entries(shapes)) {
        const text = (name === 'one fence' ? '```js\n' : '') + shape.repeat(Math.ceil(30_000 / shape.length));
        const cost = (length: number): number => {
          fresh();
          const before = parsed.characters;
          streamed(chunks(text.slice(0, length), random(3), 80));
          return (parsed.characters - before) / length;
        };
        const long = cost(30_000);
        expect(long, name).toBeLessThan(name === 'one fence' ? 1 : 100);
      }
    },
    LIMIT_MS,
  );

  it('draws a link or footnote that is defined late when the text is complete, and nothing else', () => {
    const text =
      'See [one] and[^1] and [^a].\n\nOther.\n\n[one]: https://one.example/\n[^1]: First\n\n[^a]: Second\n\nEnd';
    renderer.update(text, true);
    clock.run();
    const other = host.children[1];
    expect(host.querySelectorAll('a, .md-mark').length).toBe(0);
    renderer.update(text, false);
    while (clock.run());
    expect(host.querySelector('p a')!.getAttribute('href')).toBe('https://one.example/');
    expect([...host.querySelectorAll('p .md-mark')].map((mark) => mark.textContent)).toEqual(['1', 'a']);
    expect(host.children[1]).toBe(other);
  });

  it('starts again when the text is another one', () => {
    atOnce('One');
    renderer.update('Another', false);
    while (clock.run());
    expect(host.textContent).toBe('Another');
  });

  it('goes on after it was complete', () => {
    atOnce('One **two');
    renderer.update('One **two** three', true);
    while (clock.run());
    expect(host.innerHTML).toBe('<p dir="auto">One <strong>two</strong> three</p>');
  });
});

function streamedOn(text: string, rest: string): void {
  for (const char of rest) {
    text += char;
    renderer.update(text, true);
    clock.run();
  }
}

describe('code blocks', () => {
  it(
    'name their language, keep their text exactly and are coloured when closed',
    async () => {
      renderer.update('```rust title\nfn main() {\n    let x = "é";\n}\n', true);
      expect(host.querySelector('.md-code-language')!.textContent).toBe('rust');
      expect(host.querySelector('code span span')).toBeNull();
      renderer.update('```rust title\nfn main() {\n    let x = "é";\n}\n```\n', false);
      while (clock.run());
      await highlightSettled();
      expect(host.querySelector('code')!.textContent).toBe('fn main() {\n    let x = "é";\n}\n');
      expect(host.querySelector('.tok-keyword')!.textContent).toBe('fn');
      expect(host.querySelector('.tok-string')!.textContent).toBe('"é"');
    },
    LIMIT_MS,
  );

  it(
    'are coloured to the last line when long, without losing a character',
    async () => {
      const code = `${Array.from({ length: 700 }, (_, i) =>
        i % 9 === 0 ? '' : `const value${i} = "text ${i}"; // note`,
      ).join('\n')}\n`;
      atOnce(`\`\`\`ts\n${code}\`\`\`\n`);
      await highlightSettled();
      expect(host.querySelector('code')!.textContent).toBe(code);
      expect(host.querySelectorAll('.tok-keyword').length).toBe(code.match(/const/g)!.length);
    },
    LIMIT_MS,
  );

  it('fold when long and the answer is complete', () => {
    const text = `\`\`\`\n${'line\n'.repeat(60)}\`\`\`\n`;
    renderer.update(text, true);
    expect(host.querySelector('.md-folded')).toBeNull();
    renderer.update(text, false);
    while (clock.run());
    expect(host.querySelector('.md-folded .md-code-more')!.textContent).toBe('Show all 60 lines');
    host.querySelector<HTMLButtonElement>('.md-code-more')!.click();
    expect(host.querySelector('.md-folded')).toBeNull();
  });

  it('copy exactly what was written', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } });
    atOnce('```py\n\tx = 1\n\n  y\u{e0041}\n```');
    host.querySelector<HTMLButtonElement>('.md-code-copy')!.click();
    expect(writeText).toHaveBeenCalledWith('\tx = 1\n\n  y\u{e0041}\n');
    vi.unstubAllGlobals();
  });
});

describe('links', () => {
  it('are handed over and never followed', () => {
    const opened: string[] = [];
    setOpenLink((url) => opened.push(url));
    document.body.append(host);
    atOnce('[text](https://example.org/a) ![chip](https://pics.example/p.png)');
    for (const link of host.querySelectorAll('a')) {
      const click = new MouseEvent('click', { bubbles: true, cancelable: true });
      link.dispatchEvent(click);
      expect(click.defaultPrevented).toBe(true);
      const middle = new MouseEvent('auxclick', { bubbles: true, cancelable: true });
      link.dispatchEvent(middle);
      expect(middle.defaultPrevented).toBe(true);
    }
    expect(opened).toEqual(['https://example.org/a', 'https://pics.example/p.png']);
    host.remove();
  });

  it('show their host, in ASCII', () => {
    atOnce('[раураl.com](https://аpple.example) and https://example.org/x');
    const [spoof, plain] = host.querySelectorAll('a');
    expect(spoof!.title).toMatch(/^xn--/);
    expect(spoof!.dataset.host).toBe(spoof!.title);
    expect(plain!.title).toBe('example.org');
    expect(plain!.dataset.host).toBeUndefined();
  });
});

describe('maths', () => {
  it('is drawn as MathML', async () => {
    atOnce('So $x^2$.');
    await settled();
    expect(host.querySelector('math msup')).not.toBeNull();
  });

  it('stays as its TeX when it is wrong, too deep or defines something', async () => {
    for (const tex of ['\\frac{', `${'{'.repeat(70)}x${'}'.repeat(70)}`, '\\def\\x#1{\\x{#1#1}}\\x{a}']) {
      fresh();
      atOnce(`$$\n${tex}\n$$`);
      await settled();
      expect(host.querySelector('.md-tex')!.textContent).toBe(tex);
    }
  });
});

it(
  'shows deep nesting and endless paragraphs as plain text',
  () => {
    atOnce(`${'>'.repeat(5000)} deep`);
    expect(host.querySelector('.md-plain')!.textContent).toContain('deep');
    fresh();
    atOnce('*a _b [c](d '.repeat(8000));
    expect(host.textContent!.length).toBeGreaterThan(95_000);
    fresh();
    atOnce('` '.repeat(30_000));
    expect(host.querySelectorAll('*').length).toBeLessThan(10);
    expect(host.textContent!.length).toBeGreaterThan(59_000);
  },
  LIMIT_MS,
);
