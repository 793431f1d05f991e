import type { ApiError, Batch, ConversationId, LibraryEvent } from '../protocol/generated';
import type { FeedSource, Watch } from './feed';
import type { Connection } from './types';

/** What a page says to the worker. */
export type FromPage =
  /** The link's token, and the name of the lock that this page holds as long as it lives. */
  | { type: 'begin'; token: string; lock: string }
  | { type: 'watch'; watch: number; conversation: ConversationId; after: number }
  | { type: 'unwatch'; watch: number }
  | { type: 'library'; on: boolean }
  | { type: 'gone' };

/** What the worker says to a page. */
export type ToPage =
  | { type: 'connection'; connection: Connection }
  | { type: 'batch'; watch: number; batch: Batch }
  | { type: 'refused'; watch: number; error: ApiError }
  | { type: 'library'; event: LibraryEvent };

/** This page's part of the stream that all pages of the browser share in a worker. */
export class SharedFeed implements FeedSource {
  #port: MessagePort;
  #watches = new Map<number, Watch>();
  #libraries = new Set<(event: LibraryEvent) => void>();
  #last = 0;
  #heard: Promise<void>;

  constructor(port: MessagePort, token: string, say: (connection: Connection) => void) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ToPage>) => {
      if (data.type === 'connection') say(data.connection);
      else if (data.type === 'batch') this.#watches.get(data.watch)?.onBatch(data.batch);
      else if (data.type === 'refused') this.#watches.get(data.watch)?.onRefused(data.error);
      else for (const onEvent of this.#libraries) onEvent(data.event);
    };
    const lock = `rivulet-page-${crypto.randomUUID()}`;
    // Before the worker is told of the lock, which it takes for the page's end to have it.
    this.#heard = navigator.locks ? held(lock) : Promise.resolve();
    this.#tell({ type: 'begin', token, lock });
    window.addEventListener('pagehide', () => port.postMessage({ type: 'gone' } satisfies FromPage));
    // Taken out of the browser's cache, it has no place at the worker any more.
    window.addEventListener('pageshow', (event) => event.persisted && location.reload());
  }

  watch(watch: Watch): () => void {
    const number = ++this.#last;
    this.#watches.set(number, watch);
    this.#tell({ type: 'watch', watch: number, conversation: watch.conversation, after: watch.after });
    return () => {
      if (this.#watches.delete(number)) this.#tell({ type: 'unwatch', watch: number });
    };
  }

  library(onEvent: (event: LibraryEvent) => void): () => void {
    this.#libraries.add(onEvent);
    if (this.#libraries.size === 1) this.#tell({ type: 'library', on: true });
    return () => {
      if (this.#libraries.delete(onEvent) && this.#libraries.size === 0) this.#tell({ type: 'library', on: false });
    };
  }

  #tell(message: FromPage): void {
    void this.#heard.then(() => this.#port.postMessage(message));
  }
}

/** Resolves once this page has the lock, which it keeps as long as it lives. */
function held(lock: string): Promise<void> {
  return new Promise((has) => {
    void navigator.locks.request(lock, () => {
      has();
      return new Promise(() => {});
    });
  });
}
