import type { SearchHit } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** Messages that have in them what is searched for. */
export class SearchState {
  hits = $state.raw<readonly SearchHit[]>([]);
  has_more = $state(false);
  #transport: Transport;
  #query = '';
  #asked = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async find(query: string): Promise<void> {
    this.#query = query.trim();
    const asked = ++this.#asked;
    if (this.#query === '') {
      this.hits = [];
      this.has_more = false;
      return;
    }
    const page = await this.#transport.call('search', { query: this.#query }).catch(() => null);
    // Something else is searched for by now.
    if (!page || asked !== this.#asked) return;
    this.hits = page.hits;
    this.has_more = page.has_more;
  }

  async more(): Promise<void> {
    const asked = ++this.#asked;
    const request = { query: this.#query, offset: this.hits.length };
    const page = await this.#transport.call('search', request).catch(() => null);
    if (!page || asked !== this.#asked) return;
    this.hits = [...this.hits, ...page.hits];
    this.has_more = page.has_more;
  }
}
