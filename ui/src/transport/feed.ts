import type { ApiError, Batch, ConversationId, Event, LibraryEvent } from '../protocol/generated';
import { SseReader } from './sse';
import { asApiError, type Connection } from './types';

/** A stream that says nothing for so long, not even a heartbeat, is dead. */
const SILENCE_MS = 45_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** What a log says. Anything else on the stream is passed over: no text of a model's chooses what is done. */
const KNOWN: Record<Event['type'], true> = {
  started: true,
  text: true,
  reasoning: true,
  tool_call: true,
  tool_result: true,
  usage: true,
  cost: true,
  notice: true,
  finished: true,
  stopped: true,
  interrupted: true,
  failed: true,
  reset: true,
};

/** Somebody who is shown a conversation's log after the number `after`. */
export interface Watch {
  readonly conversation: ConversationId;
  readonly after: number;
  onBatch(batch: Batch): void;
  /** Nothing more will come, for the core refused. */
  onRefused(error: ApiError): void;
}

/** Where batches come from: the page's own stream, or that of all pages of the browser. */
export interface FeedSource {
  /** Both until the returned function is called. */
  watch(watch: Watch): () => void;
  library(onEvent: (event: LibraryEvent) => void): () => void;
}

/** One stream of the mirror for everything that is watched with one link, in however many places. */
export class Feed implements FeedSource {
  #token: string;
  #say: (connection: Connection) => void;
  #watches = new Set<Watch & { after: number }>();
  #libraries = new Set<(event: LibraryEvent) => void>();
  #run: AbortController | null = null;
  /** The stream that has been opened, which is kept until the next one is there: nothing is missed in between. */
  #open: AbortController | null = null;
  #begun = false;
  #ended = false;

  constructor(token: string, say: (connection: Connection) => void) {
    this.#token = token;
    this.#say = say;
  }

  watch(watch: Watch): () => void {
    const own = { ...watch };
    this.#watches.add(own);
    this.#restart();
    return () => this.#watches.delete(own) && this.#restart();
  }

  library(onEvent: (event: LibraryEvent) => void): () => void {
    this.#libraries.add(onEvent);
    this.#restart();
    return () => this.#libraries.delete(onEvent) && this.#restart();
  }

  /** Opens a stream for what is watched now. Several changes in one go make one stream. */
  #restart(): void {
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    queueMicrotask(() => void this.#keep(run.signal));
  }

  async #keep(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted && !this.#ended) {
      const query = this.#query();
      if (query === null) {
        this.#open?.abort();
        return;
      }
      const opened = () => {
        pause = FIRST_PAUSE_MS;
        this.#say('live');
      };
      const refused = await this.#read(query, signal, opened).catch((thrown: unknown) =>
        isApiError(thrown) ? thrown : null,
      );
      if (signal.aborted || this.#ended) return;
      if (refused) {
        for (const watch of this.#watches) watch.onRefused(refused);
        return;
      }
      this.#say('lost');
      await new Promise((done) => setTimeout(done, pause * (0.75 + Math.random() / 2)));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** What is watched, each from the lowest number that somebody has; `null` if nothing is. */
  #query(): string | null {
    const from = new Map<ConversationId, number>();
    for (const { conversation, after } of this.#watches) {
      from.set(conversation, Math.min(after, from.get(conversation) ?? after));
    }
    const parts: string[] = [];
    if (from.size > 0) parts.push(`conversations=${[...from].map(([id, after]) => `${id}:${after}`).join(',')}`);
    if (this.#libraries.size > 0) parts.push('library=1');
    return parts.length > 0 ? parts.join('&') : null;
  }

  /** Reads a stream to its end. Until it is open, the one before it goes on; after that it lives as long as no other is. */
  async #read(query: string, signal: AbortSignal, onOpen: () => void): Promise<null> {
    const stream = new AbortController();
    const give_up = () => stream.abort();
    signal.addEventListener('abort', give_up);
    let timer = setTimeout(give_up, SILENCE_MS);
    try {
      const headers = { Authorization: `Bearer ${this.#token}` };
      const response = await fetch(`/api/feed?${query}`, { headers, signal: stream.signal });
      if (response.status === 401) {
        this.#ended = true;
        this.#say('ended');
        return null;
      }
      if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
      signal.removeEventListener('abort', give_up);
      const missed = this.#begun && this.#open === null;
      this.#begun = true;
      this.#open?.abort();
      this.#open = stream;
      onOpen();
      // What changed in the library while there was no stream is not repeated.
      if (missed) this.#tell({ type: 'missed' });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const decoder = new TextDecoder();
      const events = new SseReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return null;
        clearTimeout(timer);
        timer = setTimeout(give_up, SILENCE_MS);
        for (const { type, data } of events.push(decoder.decode(value, { stream: true }))) this.#take(type, data);
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', give_up);
      if (this.#open === stream) this.#open = null;
      stream.abort();
    }
  }

  #take(type: string | null, data: string): void {
    if (type === 'library') this.#tell(JSON.parse(data) as LibraryEvent);
    else if (type === 'batch') this.#hand(JSON.parse(data) as Batch);
    else if (type === 'refused') {
      const { conversation, error } = JSON.parse(data) as { conversation: ConversationId; error: ApiError };
      for (const watch of this.#watches) if (watch.conversation === conversation) watch.onRefused(error);
    }
  }

  #tell(event: LibraryEvent): void {
    for (const onEvent of this.#libraries) onEvent(event);
  }

  /** Gives everybody what they do not have. Who is further behind than this batch is served by the stream to come. */
  #hand(batch: Batch): void {
    const known = batch.events.filter(({ type }) => Object.hasOwn(KNOWN, type));
    for (const watch of this.#watches) {
      const { conversation, after } = watch;
      if (conversation !== batch.conversation || batch.after > after || batch.head <= after) continue;
      watch.after = batch.head;
      watch.onBatch({ conversation, after, head: batch.head, events: known.filter(({ seq }) => seq > after) });
    }
  }
}

/** A refusal that will not change by asking again; anything else is tried again. */
function refusal(status: number, body: unknown): unknown {
  return status === 429 || status >= 500
    ? new Error(`HTTP ${status}`)
    : asApiError(body ?? new Error(`HTTP ${status}`));
}

function isApiError(thrown: unknown): thrown is ApiError {
  return typeof thrown === 'object' && thrown !== null && !(thrown instanceof Error) && 'code' in thrown;
}
