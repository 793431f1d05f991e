/**
 * What a screen reader is told of an answer that grows: whole sentences without the marks of Markdown, not more often
 * than it is set. Code is named, not read.
 */
export class Announcements {
  #taken = 0;
  #ready: string[] = [];
  #last = Number.NEGATIVE_INFINITY;
  #code = false;

  /** `pause`: at least so many milliseconds between two announcements. `code`: what is said for a block of code. */
  constructor(
    private readonly pause: number,
    private readonly code: string,
  ) {}

  /** The answer's text so far; answers with what is to be said now, or `null`. When it `ends`, the rest is said at once. */
  next(text: string, ends: boolean, now: number): string | null {
    this.#take(text, ends);
    if (this.#ready.length === 0 || (!ends && now - this.#last < this.pause)) return null;
    this.#last = now;
    return this.#ready.splice(0).join(' ');
  }

  /** In how many milliseconds what waits may be said; `null` if nothing waits. */
  due(now: number): number | null {
    return this.#ready.length === 0 ? null : Math.max(0, this.#last + this.pause - now);
  }

  #take(text: string, ends: boolean): void {
    const open = text.slice(this.#taken);
    const whole = ends ? open.length : endOfSentences(open);
    this.#taken += whole;
    for (const line of open.slice(0, whole).split('\n')) {
      if (/^\s*(```|~~~)/.test(line)) {
        this.#code = !this.#code;
        if (this.#code) this.#ready.push(this.code);
        continue;
      }
      const words = this.#code ? '' : spoken(line);
      if (words !== '') this.#ready.push(words);
    }
  }
}

/** Where the last whole sentence or line ends. */
function endOfSentences(text: string): number {
  let end = 0;
  for (const found of text.matchAll(/[.!?…]["'”’)\]]*\s|[。！？]["”’」』）]*|\n/g)) end = found.index + found[0].length;
  return end;
}

/** A line without what only the eye needs. */
export function spoken(line: string): string {
  return line
    .replace(/^\s*(?:#{1,6}|>|[-*+](?: \[[ xX]\])?|\d+[.)])\s+/, '')
    .replace(/^\s*\|?(?:\s*:?-+:?\s*\|)+.*$/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|~~|`)/g, '')
    .replace(/(^|\s)[*_](\S)/g, '$1$2')
    .replace(/(\S)[*_](?=\s|[.,;:!?]|$)/g, '$1')
    .replace(/\s*\|\s*/g, ', ')
    .replace(/^, |, $/g, '')
    .trim();
}
