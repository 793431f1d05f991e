/** Walks through what was asked before, the newest first, as in a terminal; what was being written comes back at the end. */
export class History {
  #at = -1;
  /** What the last step put into the field: once something else stands there, the walk is over. */
  #given = '';
  #draft = '';

  /** `asked`: what can be walked through, oldest first. `text`: what stands in the field now. `null` if there is no more. */
  older(asked: readonly string[], text: string): string | null {
    if (text !== this.#given) this.reset();
    const next = asked[asked.length - 2 - this.#at];
    if (next === undefined) return null;
    if (this.#at < 0) this.#draft = text;
    this.#at += 1;
    this.#given = next;
    return next;
  }

  newer(asked: readonly string[], text: string): string | null {
    if (text !== this.#given) this.reset();
    if (this.#at < 0) return null;
    this.#at -= 1;
    this.#given = this.#at < 0 ? this.#draft : (asked[asked.length - 1 - this.#at] ?? '');
    return this.#given;
  }

  /** From here, `older` begins at the newest again. */
  reset(): void {
    this.#at = -1;
  }
}
