// Only what is in this folder speaks HTTP.
import type { ApiError, Batch, Commands, ConversationId, LibraryEvent } from '../protocol/generated';
import { Feed, type FeedSource } from './feed';
import { SharedFeed } from './shared-feed';
import { asApiError, type Connection, type Transport } from './types';

const KEPT = 'rivulet-link';

/** The core behind the mirror, through HTTP and Server-Sent Events. One stream carries all that is watched. */
export class HttpTransport implements Transport {
  readonly host = 'browser';
  /** The stream is TCP: it loses nothing without breaking. */
  readonly patience = null;

  #token = takeToken();
  #connection: Connection = 'live';
  #listeners = new Set<(connection: Connection) => void>();
  #feed = feedOf(this.#token, (connection) => this.#say(connection));

  constructor() {
    // A new link pasted over the old one in the same tab.
    window.addEventListener('hashchange', () => /token=|code=/.test(location.hash) && location.reload());
  }

  frame(page: string): string {
    return `/frames/${page}.html`;
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
    return this.#feed.watch({ conversation, after, onBatch, onRefused: onLost });
  }

  library(onEvent: (event: LibraryEvent) => void): () => void {
    return this.#feed.library(onEvent);
  }

  closing(): void {}

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
}

/** The stream of all pages of this browser, or the page's own where pages cannot share. */
function feedOf(token: string, say: (connection: Connection) => void): FeedSource {
  if (!('SharedWorker' in window)) return new Feed(token, say);
  const worker = new SharedWorker(new URL('./shared-feed.worker.ts', import.meta.url), { type: 'module' });
  return new SharedFeed(worker.port, token, say);
}

/** The window opens a page with a code, which is good for one token, once. Without a good one the page has no token. */
export async function takeCode(): Promise<void> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  sessionStorage.removeItem(KEPT);
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch('/api/exchange', { method: 'POST', headers, body: JSON.stringify({ code }) });
  if (response.ok) sessionStorage.setItem(KEPT, ((await response.json()) as { token: string }).token);
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
