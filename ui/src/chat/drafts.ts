import type { Transport } from '../transport/types';

/** The conversation; `null` is the one that does not exist yet. */
type Place = string | null;

/**
 * What was written and not sent, for each conversation. The window's are kept by the core, with the conversations; a
 * browser, which may be a guest's, keeps its own and forgets them with its tab.
 */
export class Drafts {
  #transport: Transport;
  /** What is known of them: what was written here is newer than what the core has. */
  #known = new Map<Place, string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What is known at once; `undefined` if the core has to be asked. */
  known(place: Place): string | undefined {
    if (this.#transport.host === 'window') return this.#known.get(place);
    return sessionStorage.getItem(name(place)) ?? '';
  }

  async get(place: Place): Promise<string> {
    const known = this.known(place);
    if (known !== undefined) return known;
    const draft = await this.#transport.call('draft_get', { conversation: place }).catch(() => null);
    // Something was written meanwhile.
    const written = this.#known.get(place);
    if (written !== undefined) return written;
    if (draft) this.#known.set(place, draft.text);
    return draft?.text ?? '';
  }

  /** Soon, but not at each key: a long text takes its time. */
  put(place: Place, text: () => string, kept = true): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(place, text(), kept), 300);
  }

  /** One that is not `kept` stays in memory: it is for a conversation that shall not be on the disk. */
  now(place: Place, text: string, kept = true): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#transport.host === 'window') {
      const before = this.#known.get(place);
      this.#known.set(place, text);
      // Refused: the text is still here, only the end of the app would lose it.
      if (kept && before !== text)
        void this.#transport.call('draft_put', { conversation: place, text }).catch(() => {});
      return;
    }
    try {
      if (text === '') sessionStorage.removeItem(name(place));
      else sessionStorage.setItem(name(place), text);
    } catch {
      // Full: the text is still in the field.
    }
  }
}

const name = (place: Place) => `rivulet-draft-${place ?? 'new'}`;
