import type { Batch, Event } from '../protocol/generated';

/** A page shows growing text less often than a stream brings it, and each message takes a part of its time. */
const PAUSE_MS = 40;

/**
 * Puts the batches of one conversation together while nothing but text comes, and faster than a page shows it. The first
 * after a pause goes at once, and so does whatever is not text, with all that came before it.
 */
export class Gather {
  #held: Batch | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #handed = Number.NEGATIVE_INFINITY;

  constructor(private readonly hand: (batch: Batch) => void) {}

  take(batch: Batch): void {
    this.#held = this.#held === null ? batch : joined(this.#held, batch);
    const wait = batch.events.every(isText) ? this.#handed + PAUSE_MS - performance.now() : 0;
    if (wait <= 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), wait);
  }

  /** Nobody wants the rest. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = null;
  }

  #flush(): void {
    const batch = this.#held;
    this.end();
    this.#handed = performance.now();
    if (batch !== null) this.hand(batch);
  }
}

const isText = ({ type }: Event) => type === 'text' || type === 'reasoning';

/** One batch for two that follow each other, with neighbouring text in one event, as the core would have handed it. */
function joined(first: Batch, second: Batch): Batch {
  const events = [...first.events];
  for (const event of second.events) {
    const last = events.at(-1);
    if (last !== undefined && continues(last, event)) events[events.length - 1] = extended(last, event);
    else events.push(event);
  }
  return { ...first, head: second.head, events };
}

type Text = Extract<Event, { type: 'text' | 'reasoning' }>;

function continues(last: Event, next: Event): boolean {
  if (!isText(last) || last.type !== next.type || last.message !== next.message) return false;
  return (last as Text).offset + (last as Text).text.length === (next as Text).offset;
}

function extended(last: Event, next: Event): Event {
  return { ...(last as Text), seq: next.seq, text: (last as Text).text + (next as Text).text };
}
