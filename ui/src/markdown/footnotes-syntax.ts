import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';
import type { ParseEnv } from './parser';

/**
 * GFM footnotes, drawn where they are written and marked with their own label rather than a number: so a block that was
 * drawn never changes because of a later one. Definitions live in `env.references` beside link definitions, under
 * `^label`; `env.assumeNotes` makes a numbered mark a footnote before its definition has arrived.
 */
export function footnotesSyntax(md: MarkdownIt): void {
  md.block.ruler.before('reference', 'footnote', footnote, { alt: ['paragraph', 'reference'] });
  md.inline.ruler.before('link', 'footnote_mark', footnoteMark);
}

/** `[^label]: text`, with further paragraphs indented by four columns. */
function footnote(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if (state.sCount[startLine]! - state.blkIndent >= 4) return false;
  const begin = state.bMarks[startLine]! + state.tShift[startLine]!;
  const end = state.eMarks[startLine]!;
  const head = /^\[\^([^\s\]]{1,100})\]:/.exec(state.src.slice(begin, Math.min(end, begin + 110)));
  if (head === null) return false;
  if (silent) return true;

  const label = head[1]!;
  const env = state.env as ParseEnv;
  if (!(`^${label}` in env.references)) env.references[`^${label}`] = { href: '', title: '' };

  const open = state.push('footnote_open', 'div', 1);
  open.block = true;
  open.meta = { label };

  // The text after the mark is read as if it stood four columns in, like the paragraphs that may follow.
  const { blkIndent } = state;
  const mark = state.bMarks[startLine]!;
  const shift = state.tShift[startLine]!;
  const column = state.sCount[startLine]!;
  let at = begin + head[0].length;
  while (at < end && (state.src[at] === ' ' || state.src[at] === '\t')) at++;
  state.bMarks[startLine] = at;
  state.tShift[startLine] = 0;
  state.blkIndent += 4;
  state.sCount[startLine] = state.blkIndent;
  state.md.block.tokenize(state, startLine, endLine);
  state.bMarks[startLine] = mark;
  state.tShift[startLine] = shift;
  state.sCount[startLine] = column;
  state.blkIndent = blkIndent;

  open.map = [startLine, Math.max(state.line, startLine + 1)];
  state.line = open.map[1];
  state.push('footnote_close', 'div', -1).block = true;
  return true;
}

function footnoteMark(state: StateInline, silent: boolean): boolean {
  if (!state.src.startsWith('[^', state.pos)) return false;
  const mark = /^\[\^([^\s\]]{1,100})\]/.exec(state.src.slice(state.pos, Math.min(state.posMax, state.pos + 110)));
  if (mark === null) return false;
  const label = mark[1]!;
  const env = state.env as ParseEnv;
  const known = env.references[`^${label}`] !== undefined;
  if (!known && !(env.assumeNotes === true && /^\d+$/.test(label))) return false;
  if (!silent) state.push('footnote_mark', '', 0).content = label;
  state.pos += mark[0].length;
  return true;
}
