import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';

/** Longest formula inside a line, in characters. */
const MAX_INLINE_TEX = 2000;

const DOLLAR = 0x24;
const BACKSLASH = 0x5c;

/**
 * Maths as models write it: `$x$`, `$$x$$`, `\(x\)`, `\[x\]`; tokens `math_inline` and `math_block`, whose `content` is
 * the TeX and whose `markup` is the opening mark. `meta.closed` is false for a block whose closing mark is missing.
 */
export function mathsSyntax(md: MarkdownIt): void {
  md.inline.ruler.before('escape', 'math_inline', mathInline);
  md.block.ruler.before('fence', 'math_block', mathBlock, { alt: ['paragraph', 'reference', 'blockquote', 'list'] });
}

function mathInline(state: StateInline, silent: boolean): boolean {
  const { src, pos, posMax } = state;
  const first = src.charCodeAt(pos);
  let open: string;
  let close: string;
  if (first === DOLLAR) {
    open = close = src.charCodeAt(pos + 1) === DOLLAR ? '$$' : '$';
  } else if (first === BACKSLASH && (src[pos + 1] === '(' || src[pos + 1] === '[')) {
    open = src.slice(pos, pos + 2);
    close = open === '\\(' ? '\\)' : '\\]';
  } else {
    return false;
  }
  const start = pos + open.length;
  // A price is not a formula: pandoc's rule, no blank just inside the marks and no digit after the last one.
  if (open === '$' && /^(\s|$)/.test(src.charAt(start))) return false;
  const end = findClose(src, start, Math.min(posMax, start + MAX_INLINE_TEX), close);
  if (end < 0) return false;
  if (!silent) {
    const token = state.push('math_inline', '', 0);
    token.content = src.slice(start, end).trim();
    token.markup = open;
  }
  state.pos = end + close.length;
  return true;
}

/** Where the formula that began at `start` ends, or -1. */
function findClose(src: string, start: number, max: number, close: string): number {
  const at = nextMark(src, close, start);
  if (at < 0 || at >= max || at === start) return -1;
  if (close !== '$') return at;
  return /\s/.test(src.charAt(at - 1)) || /\d/.test(src.charAt(at + 1)) ? -1 : at;
}

/** What was found last of each mark: many openings that nothing closes shall not search the same text again and again. */
const found = new Map<string, { src: string; from: number; at: number }>();

/** Where `mark` is next, from `start` on, without a backslash before it that escapes it; or -1. */
function nextMark(src: string, mark: string, start: number): number {
  const last = found.get(mark);
  if (last?.src === src && last.from <= start && (last.at < 0 || start <= last.at)) return last.at;
  let at = src.indexOf(mark, start);
  while (at >= 0 && isEscaped(src, start, at)) at = src.indexOf(mark, at + 1);
  found.set(mark, { src, from: start, at });
  return at;
}

function isEscaped(src: string, start: number, at: number): boolean {
  let before = at;
  while (before > start && src.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

/**
 * A block runs from its opening mark to its closing mark or to the first blank line, whichever comes first (TeX allows no
 * blank line there). So whether a line belongs to it depends on nothing that comes later than the block itself, which
 * `Blocks` relies on.
 */
function mathBlock(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if (state.sCount[startLine]! - state.blkIndent >= 4) return false;
  const first = lineOf(state, startLine).trimEnd();
  const open = first.slice(0, 2);
  if (open !== '$$' && open !== '\\[') return false;
  const close = open === '$$' ? '$$' : '\\]';
  const rest = first.slice(2);
  const onOneLine = rest.length >= 2 && rest.endsWith(close);
  if (onOneLine && rest.indexOf(close) !== rest.length - 2) return false;
  if (!onOneLine && rest.includes(close)) return false;
  if (!onOneLine && rest !== '' && (silent || open === '\\[')) return false;
  if (silent) return true;

  let line = startLine + 1;
  let closed = onOneLine;
  const tex = [onOneLine ? rest.slice(0, -2) : rest];
  for (; !closed && line < endLine; line++) {
    if (state.isEmpty(line) || state.sCount[line]! < state.blkIndent) break;
    const text = lineOf(state, line).trimEnd();
    closed = text.endsWith(close);
    tex.push(closed ? text.slice(0, -2) : text);
  }
  const token = state.push('math_block', '', 0);
  token.block = true;
  token.content = tex.join('\n').trim();
  token.markup = open;
  token.map = [startLine, line];
  token.meta = { closed };
  state.line = line;
  return true;
}

function lineOf(state: StateBlock, line: number): string {
  return state.src.slice(state.bMarks[line]! + state.tShift[line]!, state.eMarks[line]!);
}
