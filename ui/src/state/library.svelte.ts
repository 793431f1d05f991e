import type { Conversation, ConversationId } from '../protocol/generated';
import type { Transport } from '../transport/types';

const PAGE = 100;

/** The list of conversations, as far as it was scrolled. */
export class LibraryState {
  list = $state.raw<readonly Conversation[]>([]);
  has_more = $state(false);
  /** Only titles with this in them. */
  query = $state('');
  loaded = $state(false);
  /** Every conversation that was seen: the open one may be in no list that is shown. */
  #known = $state.raw<ReadonlyMap<ConversationId, Conversation>>(new Map());
  #transport: Transport;
  #asked = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Asks for the list from its beginning. */
  async load(): Promise<void> {
    const asked = ++this.#asked;
    const limit = Math.min(500, Math.max(PAGE, this.list.length));
    const page = await this.#transport.call('conversations_list', { limit, query: this.query || null });
    if (asked !== this.#asked) return;
    this.list = page.conversations;
    this.note(...page.conversations);
    this.has_more = page.has_more;
    this.loaded = true;
  }

  async more(): Promise<void> {
    if (!this.has_more) return;
    const asked = ++this.#asked;
    const request = { offset: this.list.length, limit: PAGE, query: this.query || null };
    const page = await this.#transport.call('conversations_list', request);
    if (asked !== this.#asked) return;
    this.note(...page.conversations);
    const known = new Set(this.list.map((conversation) => conversation.id));
    this.list = [...this.list, ...page.conversations.filter((conversation) => !known.has(conversation.id))];
    this.has_more = page.has_more;
  }

  find(query: string): void {
    this.query = query;
    void this.load();
  }

  get(id: ConversationId): Conversation | undefined {
    return this.#known.get(id);
  }

  /** Remembers conversations as they are now, whether or not they are in the list. */
  note(...conversations: readonly Conversation[]): void {
    this.#known = new Map([...this.#known, ...conversations.map((one) => [one.id, one] as const)]);
  }

  put(conversation: Conversation): void {
    this.note(conversation);
    const title = conversation.title.toLowerCase();
    const others = this.list.filter((other) => other.id !== conversation.id);
    if (this.query && !title.includes(this.query.toLowerCase())) this.list = others;
    else this.list = [...others, conversation].sort(pinnedThenLatest);
  }

  remove(id: ConversationId): void {
    this.list = this.list.filter((conversation) => conversation.id !== id);
    this.#known = new Map([...this.#known].filter(([known]) => known !== id));
  }
}

function pinnedThenLatest(a: Conversation, b: Conversation): number {
  return Number(b.pinned) - Number(a.pinned) || b.updated_at - a.updated_at;
}
