import { parseBlocks } from './parser';

/** One finished piece of an answer: it can be drawn once and left alone. */
export type Block =
  | { kind: 'markdown'; source: string }
  /** A fenced code block at the top level; `info` is what stands after the opening marks. */
  | { kind: 'code'; info: string; code: string };

/** A fenced code block that is still being written. Its text is handed out in pieces, so that nobody reads it twice. */
export interface OpenFence {
  info: string;
  /** Whole lines, and of the last line as much as surely is code. */
  pieces: string[];
}

interface FenceState extends OpenFence {
  mark: string;
  indent: number;
  /** The last line, as far as it has arrived. */
  line: string;
  /** How much of `line` is in `pieces` already. */
  shown: number;
}

/** Below this many characters the open end is looked at after every line; above, when it has grown by a sixteenth. */
const SMALL = 1024;
const GROWTH = 16;

/**
 * Cuts a growing Markdown text into top-level blocks. A block is closed when the next one has begun; by CommonMark's
 * rules nothing that comes later can change it then (but for link definitions, which the renderer looks after). What is
 * cut, and where, depends on the text alone, not on how it was cut into pushes.
 */
export class Blocks {
  /** Everything that will not change any more, in order. */
  readonly closed: Block[] = [];
  /** The open end, when it is not a fence. */
  open = '';
  private openFence: FenceState | null = null;
  private pending = '';
  private looked = 0;

  /** The fence at the open end, or `null`. */
  get fence(): OpenFence | null {
    return this.openFence;
  }

  /** Appends to the text. */
  push(text: string): void {
    text = this.pending + text;
    // A line end or a character outside the basic plane may be cut in two.
    const cut = /[\r\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
    this.pending = text.slice(cut);
    this.take(normalise(text.slice(0, cut)));
  }

  /** The text is complete: closes what is open. */
  finish(): void {
    const rest = normalise(this.pending);
    this.pending = '';
    this.take(rest);
    if (this.openFence !== null) {
      this.endFence();
    } else if (this.open !== '') {
      this.look(true);
    }
  }

  private take(text: string): void {
    while (text !== '') {
      if (this.openFence !== null) {
        text = this.feedFence(this.openFence, text);
      } else {
        this.open += text;
        if (!text.includes('\n')) return;
        if (this.open.length > SMALL && this.open.length - this.looked < this.open.length / GROWTH) return;
        text = this.look(false);
      }
    }
  }

  /** Closes the blocks that are followed by another; answers what is to be fed to the fence that has begun. */
  private look(finished: boolean): string {
    const whole = finished ? this.open : this.open.slice(0, this.open.lastIndexOf('\n') + 1);
    const spans = topLevel(whole);
    const last = spans.pop()!;
    for (const span of spans) {
      const text = whole.slice(span.start, span.end);
      if (span.fence === null) this.close(text);
      else this.closeFence(text, span.fence - span.start);
    }
    const rest = this.open.slice(last.start);
    this.open = '';
    this.looked = 0;
    if (last.fence !== null) {
      const fed = this.beginFence(rest, last.fence - last.start);
      if (!finished) return fed;
      this.take(fed);
      this.finish();
    } else if (finished) {
      this.close(rest);
    } else {
      this.open = rest;
      this.looked = rest.length;
    }
    return '';
  }

  private close(source: string): void {
    if (source.trim() !== '') this.closed.push({ kind: 'markdown', source });
  }

  /** Enters the fence at `start` of `text` (definitions before it become a block of their own); answers what follows the opening line. */
  private beginFence(text: string, start: number): string {
    this.close(text.slice(0, start));
    const open = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n?/.exec(text.slice(start));
    if (open === null) return text.slice(start);
    this.openFence = { mark: open[2]!, indent: open[1]!.length, info: open[3]!.trim(), pieces: [], line: '', shown: 0 };
    return text.slice(start + open[0].length);
  }

  /** A fence of which the end is known already. */
  private closeFence(text: string, start: number): void {
    const fed = this.beginFence(text, start);
    if (this.openFence === null) return;
    this.feedFence(this.openFence, fed);
    if (this.openFence !== null) this.endFence();
  }

  /** Takes lines until the closing one; answers what follows it. */
  private feedFence(fence: FenceState, text: string): string {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      fence.line += text.slice(from, end);
      from = end + 1;
      if (isClosing(fence, fence.line)) {
        this.endFence();
        return text.slice(from);
      }
      const line = undent(fence.line, fence.indent);
      fence.pieces.push(`${line.slice(fence.shown)}\n`);
      fence.line = '';
      fence.shown = 0;
    }
    fence.line += text.slice(from);
    if (!mayClose(fence, fence.line)) {
      const line = undent(fence.line, fence.indent);
      if (line.length > fence.shown) fence.pieces.push(line.slice(fence.shown));
      fence.shown = line.length;
    }
    return '';
  }

  private endFence(): void {
    const fence = this.openFence!;
    this.openFence = null;
    if (fence.line !== '' && !isClosing(fence, fence.line))
      fence.pieces.push(undent(fence.line, fence.indent).slice(fence.shown));
    this.closed.push({ kind: 'code', info: fence.info, code: fence.pieces.join('') });
  }
}

function normalise(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/\0/g, '\ufffd');
}

interface Span {
  start: number;
  end: number;
  /** Where the fence's opening line begins, if the block is one. */
  fence: number | null;
}

/** The top-level blocks of `text`, at least one; blank lines and definitions between two belong to the second. */
function topLevel(text: string): Span[] {
  const offsets = lineOffsets(text);
  const spans: Span[] = [];
  for (const token of parseBlocks(text)) {
    // A link definition draws nothing, and the next line may still be its title: it belongs to what follows.
    if (token.level !== 0 || token.nesting < 0 || token.map === null || token.type === 'reference_definition') continue;
    const fence = token.type === 'fence' ? (offsets[token.map[0]] ?? null) : null;
    spans.push({ start: spans.at(-1)?.end ?? 0, end: offsets[token.map[1]] ?? text.length, fence });
  }
  if (spans.length === 0) return [{ start: 0, end: text.length, fence: null }];
  return spans;
}

function lineOffsets(text: string): number[] {
  const offsets = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) offsets.push(at + 1);
  return offsets;
}

function undent(line: string, indent: number): string {
  let blanks = 0;
  while (blanks < indent && line[blanks] === ' ') blanks++;
  return line.slice(blanks);
}

function isClosing(fence: FenceState, line: string): boolean {
  const run = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
  return run !== undefined && run[0] === fence.mark[0] && run.length >= fence.mark.length;
}

/** Whether the line, as far as it has arrived, may still become the closing one (or is not past its indentation). */
function mayClose(fence: FenceState, line: string): boolean {
  if (line.length > 200) return false;
  const rest = /^ {0,3}(.*)$/s.exec(line)![1]!;
  return rest === '' || (rest[0] === fence.mark[0] && /^(`+|~+)[ \t]*$/.test(rest));
}
