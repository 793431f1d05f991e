import type { Block } from './blocks';
import { Blocks } from './blocks';
import type { CodeBlock } from './code';
import type { Drawn } from './dom';
import { patch } from './dom';
import { openLink } from './links';
import type { ParseEnv } from './parser';
import { parse } from './parser';
import { showPicture } from './pictures';
import { holdBack } from './tail';
import type { Piece } from './tree';
import { treeOf } from './tree';

type References = ParseEnv['references'];

/** At most this much text is taken in one frame, so that no frame is long, however much has arrived. */
const FRAME_TEXT = 24_000;
/** It is taken in pieces of this size, and no further one when drawing them has taken this long: laying out takes more. */
const PIECE_TEXT = 2000;
const FRAME_MS = 4;
/** With more than a frame's text to come, laying out costs more than drawing: then fewer frames, each with more. */
const BEHIND_MS = 16;
/** An open end longer than this is drawn again only when it has grown by a part of itself, or after a moment. */
const SMALL_TAIL = 4096;
const TAIL_GROWTH = 64;
const TAIL_PAUSE_MS = 200;

/** Two drawings within this time are one frame's. */
const ONE_FRAME_MS = 8;

/** How the renderer waits; tests drive it by hand. */
export interface Clock {
  frame: (callback: () => void) => number;
  cancelFrame: (handle: number) => void;
  now: () => number;
}

const REAL_CLOCK: Clock = {
  frame: (callback) => requestAnimationFrame(callback),
  cancelFrame: (handle) => cancelAnimationFrame(handle),
  now: () => performance.now(),
};

/** What is remembered of a block that was drawn: enough to draw it again if something it refers to is defined later. */
interface Frozen {
  source: string;
  /** Labels it looked up in vain. */
  missing: Set<string>;
  drawn: Drawn[];
}

/**
 * Draws a growing Markdown text into `host`, once a frame at most. Closed blocks are drawn once and never touched again;
 * only the open end is parsed anew. The one exception is a link or footnote that is defined after it was used: such blocks
 * are drawn again when the text is complete, so that the result equals that of the same text drawn at once.
 */
export class Renderer {
  private blocks = new Blocks();
  private text = '';
  /** How much of `text` has been taken. */
  private taken = 0;
  private running = true;
  private done = false;
  private drawnBlocks = 0;
  private frozen: Frozen[] = [];
  private codes: CodeBlock[] = [];
  private references: References = Object.create(null);
  /** The open end: what is drawn of it, and the code block if it is a fence. */
  private tail: Drawn[] = [];
  private fence: CodeBlock | null = null;
  private fenceRead = 0;
  private tailLength = 0;
  private tailDrawn: string | null = null;
  private tailAt = 0;
  private frame: number | null = null;
  private steppedAt = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly clock: Clock = REAL_CLOCK,
  ) {
    host.addEventListener('click', onClick);
    host.addEventListener('auxclick', onClick);
  }

  /** The text as it is now, and whether more is to come. Draws at once, or with the next frame if this one has drawn. */
  update(text: string, running: boolean): void {
    if (!continues(this.text, text) || (this.done && text.length > this.text.length)) this.reset();
    const first = this.text === '' && this.taken === 0;
    if (text === this.text && running === this.running && !first) return;
    this.text = text;
    this.running = running;
    if (first || (this.frame === null && this.clock.now() - this.steppedAt >= ONE_FRAME_MS)) this.step();
    else this.schedule();
  }

  /** Draws everything that is known now, without waiting for frames. */
  flush(): void {
    do this.step();
    while (this.taken < this.text.length || (this.done && this.codes.length > 0));
    if (this.frame !== null) this.clock.cancelFrame(this.frame);
    this.frame = null;
  }

  /** Stops; the host may be reused or dropped. */
  destroy(): void {
    if (this.frame !== null) this.clock.cancelFrame(this.frame);
    this.frame = null;
    this.host.removeEventListener('click', onClick);
    this.host.removeEventListener('auxclick', onClick);
  }

  private reset(): void {
    this.host.replaceChildren();
    this.blocks = new Blocks();
    this.text = '';
    this.taken = 0;
    this.done = false;
    this.drawnBlocks = 0;
    this.frozen = [];
    this.codes = [];
    this.references = Object.create(null);
    this.tail = [];
    this.fence = null;
    this.tailLength = 0;
    this.tailDrawn = null;
  }

  private schedule(): void {
    this.frame ??= this.clock.frame(() => {
      this.frame = null;
      this.step();
    });
  }

  /** One frame's work. */
  private step(): void {
    if (this.done) {
      this.fold();
      return;
    }
    // A finished text stands at once as it will stand, for somebody may be reading below it.
    const piece = this.taken === 0 && !this.running ? FRAME_TEXT : PIECE_TEXT;
    const begun = this.clock.now();
    this.steppedAt = begun;
    const most = Math.min(this.text.length, this.taken + FRAME_TEXT);
    const longest = this.text.length > most ? BEHIND_MS : FRAME_MS;
    do {
      const to = Math.min(most, this.taken + piece);
      this.blocks.push(this.text.slice(this.taken, to));
      this.taken = to;
      if (!this.running && to === this.text.length) this.blocks.finish();
      this.drawClosed();
    } while (this.taken < most && this.clock.now() - begun < longest);
    if (!this.running && this.taken === this.text.length) this.complete();
    else if (!this.drawTail()) this.schedule();
    if (this.taken < this.text.length) this.schedule();
  }

  private drawClosed(): void {
    const { closed } = this.blocks;
    for (; this.drawnBlocks < closed.length; this.drawnBlocks++) {
      this.freeze(closed[this.drawnBlocks]!);
      this.tailDrawn = null;
    }
  }

  /** Draws a closed block over the beginning of the open end, then leaves it alone. */
  private freeze(block: Block): void {
    if (block.kind === 'code') {
      if (this.fence === null) this.drawOver([{ kind: 'code', info: block.info, code: block.code, closed: true }]);
      else this.closeFence(this.fence, block.code);
      return;
    }
    const missing = new Set<string>();
    const pieces = treeOf(parse(block.source, { references: watched(this.references, missing) }), block.source, false);
    const drawn = this.drawOver(pieces);
    for (const label of missing) if (label in this.references) missing.delete(label);
    if (missing.size > 0) this.frozen.push({ source: block.source, missing, drawn });
  }

  private closeFence(fence: CodeBlock, code: string): void {
    fence.append(code.slice(fence.text.length));
    fence.close();
    this.codes.push(fence);
    this.fence = null;
    this.tail = [];
  }

  /** Draws pieces in place of as many of the open end's; they are its no more. */
  private drawOver(pieces: readonly Piece[]): Drawn[] {
    const old = this.tail.slice(0, pieces.length);
    const drawn = patch(this.host, old, pieces, null);
    this.tail = this.tail.slice(pieces.length);
    for (const one of drawn) this.collectCode(one);
    return drawn;
  }

  private collectCode(drawn: Drawn): void {
    if (drawn.code !== undefined) this.codes.push(drawn.code);
    for (const child of drawn.children) this.collectCode(child);
  }

  /** Draws the open end; false if that was put off. */
  private drawTail(): boolean {
    const { fence, open } = this.blocks;
    if (fence !== null) {
      if (this.fence === null) {
        this.tail = patch(this.host, this.tail, [{ kind: 'code', info: fence.info, code: '', closed: false }], null);
        this.fence = this.tail[0]!.code!;
        this.fenceRead = 0;
      }
      for (; this.fenceRead < fence.pieces.length; this.fenceRead++) this.fence.append(fence.pieces[this.fenceRead]!);
      return true;
    }
    const shown = holdBack(open);
    if (shown === this.tailDrawn) return true;
    const now = this.clock.now();
    const grown = Math.abs(shown.length - this.tailLength);
    if (shown.length > SMALL_TAIL && grown < shown.length / TAIL_GROWTH && now - this.tailAt < TAIL_PAUSE_MS)
      return false;
    this.tailAt = now;
    this.tailLength = shown.length;
    this.tailDrawn = shown;
    const env: ParseEnv = { references: Object.create(this.references), growing: true, assumeNotes: true };
    this.tail = patch(this.host, this.tail, treeOf(parse(shown, env), shown, true), null);
    return true;
  }

  /** The text is complete: draws again what refers to something defined later. */
  private complete(): void {
    if (this.done) return;
    this.done = true;
    for (const drawn of this.tail) this.host.removeChild(drawn.node);
    this.tail = [];
    for (const block of this.frozen) {
      if (![...block.missing].some((label) => label in this.references)) continue;
      const pieces = treeOf(parse(block.source, { references: Object.create(this.references) }), block.source, false);
      const next = block.drawn.at(-1)?.node.nextSibling ?? null;
      for (const one of patch(this.host, block.drawn, pieces, next)) this.collectCode(one);
    }
    this.frozen = [];
    if (this.codes.length > 0) this.schedule();
  }

  /** Folds long code, in the frames after that of the last words: it has waited for the end, and nobody waits for it. */
  private fold(): void {
    const begun = this.clock.now();
    let code = this.codes.pop();
    while (code !== undefined) {
      code.settle();
      if (this.clock.now() - begun >= FRAME_MS) break;
      code = this.codes.pop();
    }
    if (this.codes.length > 0) this.schedule();
  }
}

/** Whether `text` is `had` and more; looks at both ends of `had` only, so that asking costs the same however long it is. */
function continues(had: string, text: string): boolean {
  const at = Math.max(0, had.length - 64);
  return text.length >= had.length && text.startsWith(had.slice(0, 64)) && text.startsWith(had.slice(at), at);
}

/** The definitions, noting in `missing` which labels were looked up in vain. */
function watched(references: References, missing: Set<string>): References {
  return new Proxy(references, {
    get(target, label: string) {
      const found = target[label];
      if (found === undefined) missing.add(label);
      return found;
    },
  });
}

/** A link is handed over and never followed; a footnote's mark leads to its note. */
function onClick(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest('a[href]');
  if (link !== null && link !== undefined) {
    event.preventDefault();
    if (event.type !== 'click') return;
    if (!link.matches('.md-picture') || !showPicture(link as HTMLElement)) openLink(link.getAttribute('href') ?? '');
    return;
  }
  const label = target?.closest('[data-mark]')?.getAttribute('data-mark');
  if (label === null || label === undefined || !(event.currentTarget instanceof HTMLElement)) return;
  const note = [...event.currentTarget.querySelectorAll('[data-note]')].find(
    (one) => one.getAttribute('data-note') === label,
  );
  note?.scrollIntoView({ block: 'nearest' });
}
