import type {
  ApiError,
  Batch,
  ClosingAsked,
  Commands,
  ConversationId,
  LibraryEvent,
  Rescue,
  Rescued,
  Trouble,
} from '../protocol/generated';

/** How the page stands with the core: `ended` is a link that was cut off or never was good. */
export type Connection = 'live' | 'lost' | 'ended';

/** The one way from the page to the core, in a window and in a browser alike. */
export interface Transport {
  readonly host: 'window' | 'browser';
  /**
   * Milliseconds after which silence in a running answer means that something was lost; `null` where the transport
   * itself notices.
   */
  readonly patience: number | null;
  /** Where the page of a frame for previews is. */
  frame(page: string): string;
  /** Calls a command of the core. Rejects with an `ApiError`. */
  call<K extends keyof Commands>(name: K, request: Commands[K]['request']): Promise<Commands[K]['response']>;
  /**
   * Shows a conversation's log after number `after`, until the returned function is called. A batch without events is
   * a sign of life. `onLost`: nothing more will come, for the core refused.
   */
  watch(
    conversation: ConversationId,
    after: number,
    onBatch: (batch: Batch) => void,
    onLost: (error: ApiError) => void,
  ): () => void;
  /** Shows what changes outside of the logs. */
  library(onEvent: (event: LibraryEvent) => void): () => void;
  /** Asks what closing the window shall do to answers that are being written; a browser closes its pages itself. */
  closing(onAsked: (asked: ClosingAsked) => void): void;
  /** Tells how the connection stands, at once and whenever it changes. */
  onConnection(listener: (connection: Connection) => void): () => void;
}

/** What a page can do in a window whose core did not start. */
export interface RescueDesk {
  /** What is wrong; `null` once the core has started. */
  trouble(): Promise<Trouble | null>;
  /** Takes a way out of a damaged database. Rejects with an `ApiError`. */
  take(way: Rescue): Promise<Rescued>;
  /** Starts the core again; what is wrong if it still does not start. */
  end(): Promise<Trouble | null>;
}

/** Whatever was thrown, as an `ApiError`. */
export function asApiError(thrown: unknown): ApiError {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    return { detail: null, failure: null, ...(thrown as Partial<ApiError>) } as ApiError;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message, detail: message, failure: null };
}
