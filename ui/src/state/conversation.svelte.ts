import type { Batch, MessageId, Snapshot } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { apply, type ConversationState, opened } from './reduce';

const PAGE = 40;
const PAGE_TO_REACH = 200;
/** A hidden page has no frames; its state must still not fall behind for ever. */
const HIDDEN_MS = 250;
/**
 * Growing text is shown so often that showing it takes one part in this many of the time, within these limits: nobody
 * reads sixty pictures a second, and whoever types or scrolls meanwhile wants the rest of it.
 */
const SHARE = 20;
const SHORTEST_MS = 66;
const LONGEST_MS = 160;

/** The conversation that is shown, kept up with its log. */
export class OpenConversation {
  /** Replaced with a frame while something comes, not more often than it can be shown. */
  state = $state.raw<ConversationState>() as ConversationState;
  /** Older messages are being fetched. */
  loading = $state(false);
  /** How often something was asked from this page: each time the end wants to be seen. */
  asked = $state(0);

  /** A message that somebody wants to see; a new object each time. */
  goal = $state.raw<{ message: MessageId } | null>(null);

  #transport: Transport;
  #pending: Batch[] = [];
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #unwatch: (() => void) | null = null;
  #heard = Date.now();
  /** When text may be shown again, on the page's own clock. */
  #due = 0;
  #patience: ReturnType<typeof setInterval> | null = null;
  #closed = false;

  constructor(transport: Transport, snapshot: Snapshot) {
    this.#transport = transport;
    this.state = opened(snapshot);
    this.#watch();
    const { patience } = transport;
    if (patience === null) return;
    this.#patience = setInterval(() => {
      if (this.state.live && Date.now() - this.#heard > patience) this.#watch();
    }, patience / 3);
  }

  close(): void {
    this.#closed = true;
    this.#unwatch?.();
    this.#cancelFlush();
    if (this.#patience !== null) clearInterval(this.#patience);
  }

  /** Takes another path of the same conversation: a branch was chosen. */
  show(snapshot: Snapshot): void {
    if (this.#closed) return;
    this.#pending = [];
    this.state = opened(snapshot);
    this.#watch();
  }

  /** Fetches older messages until this one is here; false if it is not on the shown path. */
  async reach(message: MessageId): Promise<boolean> {
    while (!this.state.messages.some((other) => other.id === message)) {
      if (this.#closed || !(await this.older(PAGE_TO_REACH))) return false;
    }
    this.goal = { message };
    return true;
  }

  /** Fetches the page before what is here; true if there was something. */
  async older(limit = PAGE): Promise<boolean> {
    const first = this.state.messages[0];
    if (!first || !this.state.has_older || this.loading) return false;
    this.loading = true;
    try {
      const request = { conversation: this.state.id, before: first.id, limit };
      const page = await this.#transport.call('messages_before', request);
      // Another path may have been chosen meanwhile.
      if (this.state.messages[0]?.id !== first.id) return false;
      this.state = {
        ...this.state,
        messages: [...page.messages, ...this.state.messages],
        has_older: page.has_older,
      };
      return page.messages.length > 0;
    } finally {
      this.loading = false;
    }
  }

  /** The library says what the leaf is: whoever chose another branch, this page follows. */
  leafIs(leaf: MessageId | null, head: number): void {
    if (this.#pending.length > 0 || head > this.state.head) return;
    if (leaf !== (this.state.messages.at(-1)?.id ?? null)) void this.#reopen();
  }

  /** Watches from what is here: what was lost on the way comes again. */
  #watch(): void {
    this.#unwatch?.();
    this.#heard = Date.now();
    this.#unwatch = this.#transport.watch(
      this.state.id,
      this.state.head,
      (batch) => this.#take(batch),
      () => {},
    );
  }

  #take(batch: Batch): void {
    this.#heard = Date.now();
    this.#pending.push(batch);
    const ends = batch.events.some(({ type }) => type !== 'text' && type !== 'reasoning');
    const wait = ends ? 0 : this.#due - performance.now();
    if (wait <= 0) this.#flushWithFrame();
    else if (this.#timer === null) this.#timer = setTimeout(() => this.#flushWithFrame(), wait);
  }

  #flushWithFrame(): void {
    if (this.#frame !== null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#frame = requestAnimationFrame(() => this.#show());
    this.#timer = setTimeout(() => this.#flush(), HIDDEN_MS);
  }

  /** Flushes, and sees from when the frame's picture is done how soon the next one may come. */
  #show(): void {
    const begun = performance.now();
    this.#flush();
    this.#due = begun + SHORTEST_MS;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const took = performance.now() - begun;
      this.#due = begun + Math.min(Math.max(took * SHARE, SHORTEST_MS), LONGEST_MS);
      port1.close();
    };
    port2.postMessage(null);
  }

  #cancelFlush(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#frame = null;
    this.#timer = null;
  }

  #flush(): void {
    this.#cancelFlush();
    const batches = this.#pending;
    this.#pending = [];
    let state = this.state;
    for (const batch of batches) {
      const applied = apply(state, batch, Date.now());
      state = applied.state;
      if (applied.verdict === 'applied') continue;
      this.state = state;
      if (applied.verdict === 'resync') this.#watch();
      else void this.#reopen();
      return;
    }
    this.state = state;
  }

  async #reopen(): Promise<void> {
    const request = { conversation: this.state.id, limit: PAGE };
    const snapshot = await this.#transport.call('conversation_open', request).catch(() => null);
    if (snapshot) this.show(snapshot);
  }
}
