/** What was written and not sent, for each conversation. `null` is the one that does not exist yet. */
export class Drafts {
  #storage: Storage;
  /** Those of conversations that are in memory only. */
  #unkept = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** A window keeps drafts over a restart; a browser, which may be a guest's, forgets them with its tab. */
  constructor(host: 'window' | 'browser') {
    this.#storage = host === 'window' ? localStorage : sessionStorage;
  }

  get(conversation: string | null): string {
    const unkept = this.#unkept.get(place(conversation));
    if (unkept !== undefined) return unkept;
    return this.#storage.getItem(place(conversation)) ?? '';
  }

  /** Soon, but not at each key: a long text takes its time. */
  put(conversation: string | null, text: () => string, kept = true): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(conversation, text(), kept), 300);
  }

  /** One that is not `kept` stays in memory. */
  now(conversation: string | null, text: string, kept = true): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#unkept.delete(place(conversation));
    if (!kept) {
      if (text !== '') this.#unkept.set(place(conversation), text);
      return;
    }
    try {
      if (text === '') this.#storage.removeItem(place(conversation));
      else this.#storage.setItem(place(conversation), text);
    } catch {
      // Full: the text is still in the field, only a restart would lose it.
    }
  }
}

const place = (conversation: string | null) => `rivulet-draft-${conversation ?? 'new'}`;
