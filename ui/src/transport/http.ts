// The only file that speaks HTTP.
import type { ApiError, Batch, Commands, ConversationId, Event, LibraryEvent } from '../protocol/generated';
import { SseReader } from './sse';
import { asApiError, type Connection, type Transport } from './types';

const KEPT = 'rivulet-link';
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
  notice: true,
  finished: true,
  stopped: true,
  interrupted: true,
  failed: true,
  reset: true,
};

interface Watch {
  conversation: ConversationId;
  after: number;
  onBatch: (batch: Batch) => void;
  onLost: (error: ApiError) => void;
}

/** The core behind the mirror, through HTTP and Server-Sent Events. One stream carries all that is watched. */
export class HttpTransport implements Transport {
  readonly host = 'browser';
  /** The stream is TCP: it loses nothing without breaking. */
  readonly patience = null;

  #token = takeToken();
  #connection: Connection = 'live';
  #listeners = new Set<(connection: Connection) => void>();
  #watch: Watch | null = null;
  #onLibrary: ((event: LibraryEvent) => void) | null = null;
  #stream: AbortController | null = null;

  constructor() {
    // A new link pasted over the old one in the same tab.
    window.addEventListener('hashchange', () => location.hash.includes('token=') && location.reload());
  }

  async call<K extends keyof Commands>(name: K, request: Commands[K]['request']): Promise<Commands[K]['response']> {
    let response: Response;
    try {
      response = await fetch(`/api/rpc/${name}`, {
        method: 'POST',
        headers: { ...this.#auth(), 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
      });
    } catch {
      this.#say('lost');
      throw { code: 'gone', message: 'The app does not answer.', detail: null, failure: null } satisfies ApiError;
    }
    if (response.status === 401) this.#say('ended');
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) throw asApiError(body ?? new Error(`HTTP ${response.status}`));
    return body as Commands[K]['response'];
  }

  watch(
    conversation: ConversationId,
    after: number,
    onBatch: (batch: Batch) => void,
    onLost: (error: ApiError) => void,
  ): () => void {
    const watch: Watch = { conversation, after, onBatch, onLost };
    this.#watch = watch;
    this.#restart();
    return () => {
      if (this.#watch !== watch) return;
      this.#watch = null;
      this.#restart();
    };
  }

  library(onEvent: (event: LibraryEvent) => void): () => void {
    this.#onLibrary = onEvent;
    this.#restart();
    return () => {
      this.#onLibrary = null;
      this.#restart();
    };
  }

  onConnection(listener: (connection: Connection) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#connection);
    return () => this.#listeners.delete(listener);
  }

  #auth(): Record<string, string> {
    return { Authorization: `Bearer ${this.#token}` };
  }

  #say(connection: Connection): void {
    if (this.#connection === connection || this.#connection === 'ended') return;
    this.#connection = connection;
    for (const listener of this.#listeners) listener(connection);
  }

  /** Opens the stream anew for what is watched now. Several changes in one go make one stream. */
  #restart(): void {
    this.#stream?.abort();
    const stream = new AbortController();
    this.#stream = stream;
    queueMicrotask(() => void this.#run(stream));
  }

  async #run(stream: AbortController): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    let again = false;
    while (!stream.signal.aborted && this.#connection !== 'ended' && (this.#watch || this.#onLibrary)) {
      try {
        await this.#read(stream, () => {
          pause = FIRST_PAUSE_MS;
          this.#say('live');
          // What changed in the library while the stream was away is not repeated.
          if (again) this.#onLibrary?.({ type: 'missed' });
          again = true;
        });
      } catch (thrown) {
        if (stream.signal.aborted) return;
        if (isApiError(thrown)) {
          this.#watch?.onLost(thrown);
          return;
        }
      }
      if (stream.signal.aborted || (this.#connection as Connection) === 'ended') return;
      this.#say('lost');
      await new Promise((done) => setTimeout(done, pause * (0.75 + Math.random() / 2)));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  async #read(stream: AbortController, onOpen: () => void): Promise<void> {
    const query = new URLSearchParams();
    if (this.#watch) {
      query.set('conversation', this.#watch.conversation);
      query.set('after', String(this.#watch.after));
    }
    if (this.#onLibrary) query.set('library', '1');
    const attempt = new AbortController();
    const give_up = () => attempt.abort();
    stream.signal.addEventListener('abort', give_up);
    let timer = setTimeout(give_up, SILENCE_MS);
    try {
      const response = await fetch(`/api/sse?${query}`, { headers: this.#auth(), signal: attempt.signal });
      if (response.status === 401) return this.#say('ended');
      if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
      onOpen();
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const decoder = new TextDecoder();
      const events = new SseReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(give_up, SILENCE_MS);
        this.#take(events.push(decoder.decode(value, { stream: true })));
      }
    } finally {
      clearTimeout(timer);
      stream.signal.removeEventListener('abort', give_up);
      attempt.abort();
    }
  }

  /** All events of one piece of the network become one batch, so that the page is drawn once for them. */
  #take(events: ReturnType<SseReader['push']>): void {
    const watch = this.#watch;
    const batch: Event[] = [];
    for (const { type, id, data } of events) {
      if (type === null || data === '') continue;
      if (type === 'library') this.#onLibrary?.(JSON.parse(data) as LibraryEvent);
      else if (id !== null && Object.hasOwn(KNOWN, type)) batch.push(JSON.parse(data) as Event);
    }
    const last = batch.at(-1);
    if (!watch || !last) return;
    const { conversation, after } = watch;
    watch.after = last.seq;
    watch.onBatch({ conversation, after, head: last.seq, events: batch });
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

/** The token leaves the address bar at once: it must not stay in the history or be sent along by a copied address. */
function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) {
    sessionStorage.setItem(KEPT, token);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return token ?? sessionStorage.getItem(KEPT) ?? '';
}
