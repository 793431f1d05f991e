/**
 * The end of a text that is still growing. Half-written syntax must neither flash as markup nor make what stands there
 * jump when it is complete: it is completed as it will most likely end, or left out for the moment it takes to decide.
 * Only what is shown is changed; the text itself never is.
 */

/** Marks at the start of a line that do not yet say what the line will be: a rule, a heading, an item, a fence. */
const UNDECIDED_LINE =
  /^[ \t]*(?:[-*+] \[[ xX]?\]?|[-=*_+#`~>|:$ \t]+|\d{1,9}[.)]?|\\\[?|\[\^?[^\]\s]*(?:\]:?)?)[ \t]*$/;
/** The start of a link definition or footnote, which draws nothing until it is whole. */
const DEFINITION_LINE = /^ {0,3}\[[^\]]+\]:[ \t]*\S*$/;
/** In a longer paragraph nobody sees a mark flash, and completing is not free. */
const MAX_COMPLETED = 16_384;
const TABLE_LINE = /^[ \t]*\|/;

/** Leaves out a last line (or a table's first line) of which nobody can say yet what it is. */
export function holdBack(text: string): string {
  // A country's flag may be made of several characters that are shown as numbers when they stand alone.
  text = text.replace(/\u{1f3f4}[\u{e0020}-\u{e007e}]*$/u, '');
  const lastStart = text.lastIndexOf('\n') + 1;
  const last = text.slice(lastStart);
  if (UNDECIDED_LINE.test(last) || TABLE_LINE.test(last) || DEFINITION_LINE.test(last)) text = text.slice(0, lastStart);
  // One whole line that starts with a bar, and no second one: perhaps the head of a table.
  const body = text.replace(/\n$/, '');
  const headStart = body.lastIndexOf('\n') + 1;
  if (body.length < text.length || lastStart === text.length) {
    const head = body.slice(headStart);
    const before = body.slice(body.lastIndexOf('\n', headStart - 2) + 1, Math.max(0, headStart - 1));
    const stillOpen = last === '' || /^[ \t]*\|[-:| \t]*$/.test(last);
    if (stillOpen && TABLE_LINE.test(head) && !TABLE_LINE.test(before)) return text.slice(0, headStart);
  }
  return text;
}

/** Completes the last paragraph's emphasis, code and links, so that it reads as it will when it is whole. */
export function completeInline(text: string): string {
  return text.length > MAX_COMPLETED ? text : completed(text, true);
}

function completed(text: string, links: boolean): string {
  // The beginning of an entity, an escape, an autolink, a link, a formula; emphasis marks with nothing behind them yet.
  text = text
    .replace(/(?:\\[([]?|&#?\w{0,31}|<(?:https?:\S*)?|!?\[)$/, '')
    .replace(/(^|[\s([])(?:!|\$\$?)$/, '$1')
    .replace(/(^|[\s([{"'“‘—])[*_~]+$/, '$1');
  const open: string[] = [];
  const brackets: number[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '\\' || (char === '$' && text[at + 1] === '$')) {
      const end = formulaEnd(text, at);
      if (end === null) return closed(text.slice(0, at), open);
      at = end;
    } else if (char === '`') {
      const length = runLength(text, at);
      const end = closingRun(text, at + length, length);
      if (end < 0) return closed(completeCode(text, at, length), open);
      at = end + length;
    } else if (char === '*' || char === '_' || char === '~') {
      const length = runLength(text, at);
      const kept = emphasis(text, at, length, open);
      if (at + length === text.length) text = text.slice(0, at + kept);
      at += length;
    } else if (links && char === '[') {
      brackets.push(at++);
    } else if (links && char === ']' && brackets.length > 0) {
      const start = brackets.pop()!;
      const end = targetEnd(text, ++at);
      if (end === null || (at === text.length && /[^\s\]]/.test(text.slice(start + 1, at))))
        return completed(withoutLink(text, start, at - 1), false);
      at = end;
    } else {
      at++;
    }
  }
  const half = brackets.find((start) => /^\[[^\s]/.test(text.slice(start, start + 2)) && text.length - start < 2000);
  if (half !== undefined) return completed(withoutLink(text, half, text.length), false);
  return closed(text, open);
}

/** A formula is shown when it is whole: `null` if the one that may begin here is not (unless it has been waiting for long). */
function formulaEnd(text: string, at: number): number | null {
  const open = text.slice(at, at + 2);
  const close = open === '\\(' ? '\\)' : open === '\\[' ? '\\]' : open === '$$' ? '$$' : null;
  if (close === null) return at + 2;
  const end = text.slice(at + 2, at + 2000).indexOf(close);
  if (end >= 0) return at + 2 + end + 2;
  return text.length - at < 300 ? null : at + 2;
}

function runLength(text: string, at: number): number {
  let end = at + 1;
  while (text[end] === text[at]) end++;
  return end - at;
}

/** Where a run of exactly `length` backticks begins, or -1. */
function closingRun(text: string, from: number, length: number): number {
  for (let at = text.indexOf('`', from); at >= 0; ) {
    const run = runLength(text, at);
    if (run === length) return at;
    at = text.indexOf('`', at + run);
  }
  return -1;
}

/** Code that is not closed yet is code; an opening mark with nothing behind it waits. */
function completeCode(text: string, start: number, length: number): string {
  const inside = text.slice(start + length).replace(/`+$/, '');
  return inside.trim() === '' ? text.slice(0, start) : text.slice(0, start + length) + inside + '`'.repeat(length);
}

/**
 * Reads one run of emphasis marks: takes from `open` what it closes, adds what it opens. Answers how much of the run is
 * to be shown if the text ends with it; a mark that closes nothing yet, or half of one, is not.
 */
function emphasis(text: string, at: number, length: number, open: string[]): number {
  const char = text[at]!;
  const before = text[at - 1] ?? ' ';
  const after = text[at + length] ?? ' ';
  const insideWord = char === '_' && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
  let left = length;
  if (!/\s/.test(before) && !insideWord) {
    for (let last = open.length - 1; last >= 0 && left > 0; last--) {
      if (open[last]![0] !== char || open[last]!.length > left) continue;
      left -= open[last]!.length;
      open.length = last;
    }
  }
  const opens = !/\s/.test(after) && !(char === '_' && /[\p{L}\p{N}]/u.test(before));
  if (left > 0 && opens) {
    if (char === '~') {
      if (left === 2) open.push('~~');
    } else {
      if (left % 2 === 1) open.push(char);
      if (left >= 2) open.push(char + char);
    }
  }
  return length - left;
}

/** After a `]`: where its target ends (at once if there is none), or `null` if it is half-written. */
function targetEnd(text: string, at: number): number | null {
  const opening = text[at];
  if (opening !== '(' && opening !== '[') return at;
  const closing = opening === '(' ? ')' : ']';
  let depth = 0;
  for (let i = at; i < text.length && i < at + 4096; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === opening) depth++;
    else if (text[i] === closing && --depth === 0) return i + 1;
  }
  const inside = text.slice(at + 1, at + 4096);
  return opening === '[' || /^\s*(<[^>\n]*|\S*)(\s+(["'(][^\n]*)?)?$/.test(inside) ? null : at;
}

/** A half-written link is its text for now; a half-written picture or footnote mark is nothing. */
function withoutLink(text: string, start: number, end: number): string {
  if (text[start - 1] === '!') return text.slice(0, start - 1);
  if (text[start + 1] === '^') return text.slice(0, start);
  return text.slice(0, start) + text.slice(start + 1, end);
}

/** Writes the missing closing marks, the innermost first. */
function closed(text: string, open: string[]): string {
  return open.length === 0 ? text : open.reduceRight((body, mark) => body + mark, text.trimEnd());
}
