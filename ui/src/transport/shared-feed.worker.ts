// A worker that lives as long as any page of the browser: it holds the one stream of each link.
import type { ConversationId } from '../protocol/generated';
import { Feed } from './feed';
import { Gather } from './gather';
import type { FromPage, ToPage } from './shared-feed';
import type { Connection } from './types';

/** The stream of a link and the pages that it serves. */
class Shared {
  readonly pages = new Set<Page>();
  readonly feed: Feed;
  #connection: Connection = 'live';

  constructor(token: string) {
    this.feed = new Feed(token, (connection) => {
      this.#connection = connection;
      for (const page of this.pages) page.tell({ type: 'connection', connection });
    });
  }

  join(page: Page): void {
    this.pages.add(page);
    page.tell({ type: 'connection', connection: this.#connection });
  }
}

const by_token = new Map<string, Shared>();

class Page {
  #port: MessagePort;
  #shared: Shared | null = null;
  #token = '';
  /** How what it watches is given up. */
  #ends = new Map<number | 'library', () => void>();

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromPage>) => this.#hear(data);
  }

  tell(message: ToPage): void {
    this.#port.postMessage(message);
  }

  #hear(message: FromPage): void {
    if (message.type === 'begin') this.#begin(message.token, message.lock);
    else if (message.type === 'watch') this.#watch(message.watch, message.conversation, message.after);
    else if (message.type === 'unwatch') this.#end(message.watch);
    else if (message.type === 'library') this.#library(message.on);
    else this.#leave();
  }

  #begin(token: string, lock: string): void {
    this.#token = token;
    this.#shared = by_token.get(token) ?? new Shared(token);
    by_token.set(token, this.#shared);
    this.#shared.join(this);
    // A page that crashed says nothing, but its lock is free then.
    void navigator.locks?.request(lock, () => this.#leave());
  }

  #watch(watch: number, conversation: ConversationId, after: number): void {
    const gather = new Gather((batch) => this.tell({ type: 'batch', watch, batch }));
    const end = this.#shared?.feed.watch({
      conversation,
      after,
      onBatch: (batch) => gather.take(batch),
      onRefused: (error) => this.tell({ type: 'refused', watch, error }),
    });
    if (!end) return;
    this.#ends.set(watch, () => {
      gather.end();
      end();
    });
  }

  #library(on: boolean): void {
    this.#end('library');
    if (on && this.#shared) {
      this.#ends.set(
        'library',
        this.#shared.feed.library((event) => this.tell({ type: 'library', event })),
      );
    }
  }

  #end(what: number | 'library'): void {
    this.#ends.get(what)?.();
    this.#ends.delete(what);
  }

  #leave(): void {
    for (const what of [...this.#ends.keys()]) this.#end(what);
    this.#shared?.pages.delete(this);
    if (this.#shared?.pages.size === 0) by_token.delete(this.#token);
    this.#shared = null;
  }
}

interface SharedWorkerScope {
  onconnect: (event: MessageEvent) => void;
}

(self as unknown as SharedWorkerScope).onconnect = ({ ports }) => {
  const [port] = ports;
  if (port) new Page(port);
};
