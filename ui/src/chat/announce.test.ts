import { describe, expect, it } from 'vitest';
import { Announcements, spoken } from './announce';

/** All that is said while the text arrives in pieces, one each millisecond step. */
function told(pieces: string[], pause: number, step: number): string[] {
  const announcements = new Announcements(pause, 'Code.');
  const said: string[] = [];
  let text = '';
  pieces.forEach((piece, at) => {
    text += piece;
    const one = announcements.next(text, at === pieces.length - 1, at * step);
    if (one !== null) said.push(one);
  });
  return said;
}

describe('a screen reader', () => {
  it('hears sentences and not tokens', () => {
    expect(told(['The ri', 'ver ', 'runs. It ', 'does no', 't stop. And th', 'en'], 0, 1)).toEqual([
      'The river runs.',
      'It does not stop.',
      'And then',
    ]);
  });

  it('hears them at the pace that is set, and all of them', () => {
    const pieces = Array.from({ length: 30 }, (_, at) => `Sentence ${at}. `);
    const said = told(pieces, 3000, 500);
    expect(said.length).toBe(6);
    expect(said.join(' ')).toBe(pieces.join('').trim());
  });

  it('hears sentences of Chinese, which have no spaces between', () => {
    expect(told(['水往低', '处流。人往', '高处走。', '完'], 0, 1)).toEqual(['水往低处流。', '人往高处走。', '完']);
  });

  it('is told of code, and does not hear it', () => {
    expect(told(['Look:\n```rust\nfn main', '() {}\n', '```\nThat is', ' all.'], 0, 1)).toEqual([
      'Look: Code.',
      'That is all.',
    ]);
  });

  it('does not hear the marks of Markdown', () => {
    expect(spoken('## A **bold** [link](https://x.example) and `code`')).toBe('A bold link and code');
    expect(spoken('- [x] *done* with it')).toBe('done with it');
    expect(spoken('| a | b |')).toBe('a, b');
    expect(spoken('|---|:-:|')).toBe('');
  });
});
