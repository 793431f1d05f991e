/** Walks through what was asked before, the newest first, as in a terminal; what was being written comes back at the end. */
export class History {
  #at = -1;
  #draft = '';

  /** `asked`: what can be walked through, oldest first. `text`: what stands in the field now. `null` if there is no more. */
  older(asked: readonly string[], text: string): string | null {
    const next = asked[asked.length - 2 - this.#at];
    if (next === undefined) return null;
    if (this.#at < 0) this.#draft = text;
    this.#at += 1;
    return next;
  }

  newer(asked: readonly string[]): string | null {
    if (this.#at < 0) return null;
    this.#at -= 1;
    return this.#at < 0 ? this.#draft : (asked[asked.length - 1 - this.#at] ?? null);
  }

  /** Something was written: from here, `older` begins at the newest again. */
  reset(): void {
    this.#at = -1;
  }
}
