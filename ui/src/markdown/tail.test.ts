import { describe, expect, it } from 'vitest';
import { Renderer } from './renderer';
import { completeInline, holdBack } from './tail';
import { TEXTS } from './testdata/texts';

function draw(text: string, running: boolean): HTMLElement {
  const host = document.createElement('div');
  const renderer = new Renderer(host);
  renderer.update(text, running);
  renderer.flush();
  renderer.destroy();
  for (const head of host.querySelectorAll('.md-code-head, .md-code-more')) head.remove();
  return host;
}

describe('half-written syntax', () => {
  it('is completed or left out', () => {
    const cases: [string, string][] = [
      ['**', ''],
      ['a **', 'a '],
      ['a **b', 'a **b**'],
      ['a **b ', 'a **b**'],
      ['a **b*', 'a **b**'],
      ['a **b**', 'a **b**'],
      ['*a **b', '*a **b***'],
      ['***a', '***a***'],
      ['snake_case', 'snake_case'],
      ['2 * 3', '2 * 3'],
      ['~~gone', '~~gone~~'],
      ['`', ''],
      ['`co', '`co`'],
      ['``a ` b', '``a ` b``'],
      ['**`co', '**`co`**'],
      ['[te', 'te'],
      ['[text]', 'text'],
      ['[text] and', '[text] and'],
      ['[text](htt', 'text'],
      ['[text](https://a.example "ti', 'text'],
      ['**[te', '**te**'],
      ['![alt', ''],
      ['see ![alt](https://a', 'see '],
      ['a[^1', 'a'],
      ['a &am', 'a '],
      ['a \\', 'a '],
      ['a \\(x', 'a'],
      ['<https://exa', ''],
      ['Done!', 'Done!'],
    ];
    for (const [text, expected] of cases) expect(completeInline(text).trimEnd(), text).toBe(expected.trimEnd());
  });

  it('waits while a line can still become anything', () => {
    for (const line of [
      '-',
      '--',
      '#',
      '##',
      '1',
      '12.',
      '```',
      '~~',
      '>',
      '- [',
      '- [x',
      '* ',
      '| a | b',
      '|',
      '=',
      '\\[',
      '[^1]:',
    ]) {
      expect(holdBack(`Text\n${line}`), line).toBe('Text\n');
    }
    for (const line of ['- a', '# T', '12 monkeys', '-1 degree', '>q'])
      expect(holdBack(`Text\n${line}`)).toBe(`Text\n${line}`);
    expect(holdBack('| a | b |\n')).toBe('');
    expect(holdBack('| a | b |\n|---')).toBe('');
    expect(holdBack('| a | b |\n|---|---|\n')).toBe('| a | b |\n|---|---|\n');
    expect(holdBack('| a | b |\n|---|---|\n| 1')).toBe('| a | b |\n|---|---|\n');
  });

  // What is shown only ever grows: nothing flashes and is taken back.
  for (const name of ['prose', 'lists', 'code', 'chinese', 'crlf'] as const) {
    it(`never shows what it has to take back: ${name}`, () => {
      const text = TEXTS[name]!;
      const final = draw(text, false).textContent!;
      for (let end = 1; end <= text.length; end++) {
        const shown = draw(text.slice(0, end), true).textContent!.trimEnd();
        expect(
          final.startsWith(shown),
          JSON.stringify([text.slice(Math.max(0, end - 40), end), shown.slice(-40)]),
        ).toBe(true);
      }
    }, 120_000);
  }

  it('shows an open fence as code at once', () => {
    expect(draw('```py\nprint(', true).querySelector('code')!.textContent).toBe('print(');
    expect(draw('- a\n  ```py\n  print(', true).querySelector('li code')!.textContent).toContain('print(');
  });

  it('does not turn a paragraph into a heading and back', () => {
    expect(draw('A line\n-', true).innerHTML).toBe('<p dir="auto">A line</p>');
    expect(draw('A line\n- b', true).querySelector('h2')).toBeNull();
  });

  it('is shown as it is once the text is complete', () => {
    expect(draw('a **b [c](d', false).textContent).toBe('a **b [c](d');
  });
});
