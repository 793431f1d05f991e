/** What was written and not sent, for each conversation. `null` is the one that does not exist yet. */
export class Drafts {
  #storage: Storage;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** A window keeps drafts over a restart; a browser, which may be a guest's, forgets them with its tab. */
  constructor(host: 'window' | 'browser') {
    this.#storage = host === 'window' ? localStorage : sessionStorage;
  }

  get(conversation: string | null): string {
    return this.#storage.getItem(place(conversation)) ?? '';
  }

  /** Soon, but not at each key: a long text takes its time. */
  put(conversation: string | null, text: () => string): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(conversation, text()), 300);
  }

  now(conversation: string | null, text: string): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      if (text === '') this.#storage.removeItem(place(conversation));
      else this.#storage.setItem(place(conversation), text);
    } catch {
      // Full: the text is still in the field, only a restart would lose it.
    }
  }
}

const place = (conversation: string | null) => `rivulet-draft-${conversation ?? 'new'}`;
