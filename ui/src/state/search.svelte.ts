import type { Author, Search, SearchHit } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** What narrows a search, as it stands in the fields: anything may be typed. */
export interface Narrowed {
  project: string;
  tag: string;
  model: string;
  author: Author | '';
  since: string;
  until: string;
}

export const WIDE: Narrowed = { project: '', tag: '', model: '', author: '', since: '', until: '' };

/** Messages that have in them what is searched for. */
export class SearchState {
  hits = $state.raw<readonly SearchHit[]>([]);
  has_more = $state(false);
  #transport: Transport;
  #request: Search = { query: '' };
  #asked = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async find(query: string, narrowed: Narrowed = WIDE): Promise<void> {
    this.#request = request(query, narrowed);
    const asked = ++this.#asked;
    if (this.#request.query === '' && Object.keys(this.#request).length === 1) {
      this.hits = [];
      this.has_more = false;
      return;
    }
    const page = await this.#transport.call('search', this.#request).catch(() => null);
    // Something else is searched for by now.
    if (!page || asked !== this.#asked) return;
    this.hits = page.hits;
    this.has_more = page.has_more;
  }

  async more(): Promise<void> {
    const asked = ++this.#asked;
    const request = { ...this.#request, offset: this.hits.length };
    const page = await this.#transport.call('search', request).catch(() => null);
    if (!page || asked !== this.#asked) return;
    this.hits = [...this.hits, ...page.hits];
    this.has_more = page.has_more;
  }
}

/** What is asked of the core. A date that is none narrows nothing. */
export function request(query: string, { project, tag, model, author, since, until }: Narrowed): Search {
  const from = day(since, 0);
  const to = day(until, 1);
  return {
    query: query.trim(),
    ...(project && { project }),
    ...(tag.trim() && { tag: tag.trim() }),
    ...(model.trim() && { model: model.trim() }),
    ...(author && { author }),
    ...(from !== null && { since: from }),
    ...(to !== null && { until: to }),
  };
}

/** When a day begins here, or the one so many days later. */
function day(text: string, later: number): number | null {
  const [, year, month, date] = text.trim().match(/^(\d{4})-(\d{1,2})-(\d{1,2})$/) ?? [];
  if (!year || !month || !date) return null;
  const begin = new Date(Number(year), Number(month) - 1, Number(date) + later).getTime();
  return Number.isNaN(begin) || begin < 0 ? null : begin;
}
