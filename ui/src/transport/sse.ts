/** One event of a stream of Server-Sent Events. A comment alone is an event without a type. */
export interface SseEvent {
  type: string | null;
  id: string | null;
  data: string;
}

/** Cuts a stream of text into events, however the network cut it before. */
export class SseReader {
  #rest = '';

  /** Takes the next piece and gives the events that are whole by now. */
  push(piece: string): SseEvent[] {
    this.#rest += piece;
    const events: SseEvent[] = [];
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.#rest);
      if (!end) return events;
      events.push(read(this.#rest.slice(0, end.index)));
      this.#rest = this.#rest.slice(end.index + end[0].length);
    }
  }
}

function read(block: string): SseEvent {
  const event: SseEvent = { type: null, id: null, data: '' };
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event.type = value;
    else if (field === 'id') event.id = value;
    else if (field === 'data') data.push(value);
  }
  if (event.type === null && data.length > 0) event.type = 'message';
  event.data = data.join('\n');
  return event;
}
