import type { Conversation, ConversationId, ConversationsList } from '../protocol/generated';
import type { Transport } from '../transport/types';

const PAGE = 100;

/** What a list has: what is asked of the core, and whether a conversation that changed belongs into it. */
export interface Which {
  request: ConversationsList;
  has: (conversation: Conversation) => boolean;
}

/** One list of conversations, as far as it was scrolled. */
export class ConversationList {
  list = $state.raw<readonly Conversation[]>([]);
  has_more = $state(false);
  loaded = $state(false);
  #transport: Transport;
  #which: () => Which;
  #seen: (conversations: readonly Conversation[]) => void;
  #asked = 0;

  constructor(transport: Transport, which: () => Which, seen: (conversations: readonly Conversation[]) => void) {
    this.#transport = transport;
    this.#which = which;
    this.#seen = seen;
  }

  /** Asks for the list from its beginning. */
  async load(): Promise<void> {
    const asked = ++this.#asked;
    const limit = Math.min(500, Math.max(PAGE, this.list.length));
    const page = await this.#transport.call('conversations_list', { limit, ...this.#which().request });
    if (asked !== this.#asked) return;
    this.list = page.conversations;
    this.#seen(page.conversations);
    this.has_more = page.has_more;
    this.loaded = true;
  }

  async more(): Promise<void> {
    if (!this.has_more) return;
    const asked = ++this.#asked;
    const request = { offset: this.list.length, limit: PAGE, ...this.#which().request };
    const page = await this.#transport.call('conversations_list', request);
    if (asked !== this.#asked) return;
    this.#seen(page.conversations);
    const known = new Set(this.list.map((conversation) => conversation.id));
    this.list = [...this.list, ...page.conversations.filter((conversation) => !known.has(conversation.id))];
    this.has_more = page.has_more;
  }

  /** A conversation is as this now: it stands where it belongs, or not here. */
  put(conversation: Conversation): void {
    const others = this.list.filter((other) => other.id !== conversation.id);
    if (this.#which().has(conversation)) this.list = [...others, conversation].sort(pinnedThenLatest);
    else if (others.length < this.list.length) this.list = others;
  }

  remove(id: ConversationId): void {
    this.list = this.list.filter((conversation) => conversation.id !== id);
  }
}

function pinnedThenLatest(a: Conversation, b: Conversation): number {
  return Number(b.pinned) - Number(a.pinned) || b.updated_at - a.updated_at;
}
