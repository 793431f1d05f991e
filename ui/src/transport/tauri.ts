// The only file that knows the desktop host.
import { convertFileSrc, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type {
  ApiError,
  Batch,
  ClosingAsked,
  Commands,
  ConversationId,
  LibraryEvent,
  Rescued,
  Trouble,
} from '../protocol/generated';
import { painted } from '../ui/painted';
import { asApiError, type Connection, type RescueDesk, type Transport } from './types';

interface Watched {
  watch: number;
  batch: Batch;
}

/** The core in the same process, through Tauri's commands and events. */
export class TauriTransport implements Transport {
  readonly host = 'window';
  /** The core sends a heartbeat every second; Tauri may lose any single event without a word. */
  readonly patience = 3000;

  #watches = new Map<number, (batch: Batch) => void>();
  /** Batches of watches whose number is not known yet: the first event may overtake the command's answer. */
  #early = new Map<number, Batch[]>();
  #asking = 0;
  #listening: Promise<unknown> | null = null;
  #answered = answeredBefore();
  /** Nothing happens outside of a page that just began: its first picture comes before its listening. */
  #quiet = this.#answered.size > 0 ? painted() : Promise.resolve();

  frame(page: string): string {
    return convertFileSrc(`${page}.html`, 'preview');
  }

  async call<K extends keyof Commands>(name: K, request: Commands[K]['request']): Promise<Commands[K]['response']> {
    const early = this.#answered.get(name);
    if (early !== undefined) {
      this.#answered.delete(name);
      return early as Commands[K]['response'];
    }
    try {
      return await invoke<Commands[K]['response']>(name, { request });
    } catch (thrown) {
      throw asApiError(thrown);
    }
  }

  watch(
    conversation: ConversationId,
    after: number,
    onBatch: (batch: Batch) => void,
    onLost: (error: ApiError) => void,
  ): () => void {
    let ended = false;
    let id: number | null = null;
    const end = () => {
      ended = true;
      if (id === null) return;
      this.#watches.delete(id);
      void invoke('unwatch', { watch: id });
    };
    void this.#start(conversation, after).then(
      (watch) => {
        id = watch;
        const early = this.#early.get(watch) ?? [];
        this.#early.delete(watch);
        if (ended) return end();
        this.#watches.set(watch, onBatch);
        for (const batch of early) onBatch(batch);
      },
      (thrown) => ended || onLost(asApiError(thrown)),
    );
    return end;
  }

  library(onEvent: (event: LibraryEvent) => void): () => void {
    const listening = this.#quiet.then(() =>
      listen<LibraryEvent>('rivulet://library', ({ payload }) => onEvent(payload)),
    );
    void listening.then(() => invoke('library'));
    return () => void listening.then((unlisten) => unlisten());
  }

  closing(onAsked: (asked: ClosingAsked) => void): void {
    void this.#quiet.then(() => listen<ClosingAsked>('rivulet://closing', ({ payload }) => onAsked(payload)));
  }

  onConnection(listener: (connection: Connection) => void): () => void {
    listener('live');
    return () => {};
  }

  async #start(conversation: ConversationId, after: number): Promise<number> {
    this.#listening ??= listen<Watched>('rivulet://batch', ({ payload }) => this.#take(payload));
    await this.#listening;
    this.#asking += 1;
    try {
      return await invoke<number>('watch', { conversation, after });
    } finally {
      this.#asking -= 1;
      // Those who waited have taken theirs by then; the rest belongs to watches that ended.
      setTimeout(() => this.#asking === 0 && this.#early.clear());
    }
  }

  #take({ watch, batch }: Watched): void {
    const known = this.#watches.get(watch);
    if (known) {
      known(batch);
      return;
    }
    if (this.#asking === 0) return;
    const early = this.#early.get(watch) ?? [];
    early.push(batch);
    this.#early.set(watch, early);
  }
}

/**
 * What the core answered before the page asked: the first picture needs it, and asking would hold that up. Each answer
 * is good for the first call; a page that was loaded again asks for itself.
 */
function answeredBefore(): Map<string, unknown> {
  const [load] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const answers = (window as { __RIVULET_ANSWERS__?: Record<string, unknown> }).__RIVULET_ANSWERS__;
  return new Map(load?.type === 'reload' ? [] : Object.entries(answers ?? {}));
}

/** Before there is a core, through commands of the window's own. */
export const rescueDesk: RescueDesk = {
  trouble: () => invoke<Trouble | null>('trouble'),
  take: (way) => invoke<Rescued>('rescue_take', { request: way }),
  end: () => invoke<Trouble | null>('rescue_end'),
};
