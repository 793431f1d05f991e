import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Batch, Event, Snapshot } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { OpenConversation } from './conversation.svelte';

const snapshot = {
  conversation: { id: 'c', head: 1 },
  messages: [
    {
      id: 'a',
      author: 'assistant',
      state: 'running',
      text: '',
      reasoning: '',
      siblings: ['a'],
      created_at: 0,
      tool_calls: [],
    },
  ],
  has_older: false,
  notice: null,
} as unknown as Snapshot;

let deliver: (batch: Batch) => void;
let open: OpenConversation;
let head = 1;
let offset = 0;
let pictures = 0;

/** What a transport hands over: one event with the next number. */
function take(event: object): void {
  const events = [{ seq: head + 1, message: 'a', ...event } as unknown as Event];
  deliver({ conversation: 'c', after: head, head: head + 1, events });
  head += 1;
}

function text(text: string): void {
  take({ type: 'text', text, offset });
  offset += text.length;
}

beforeEach(() => {
  vi.useFakeTimers();
  [head, offset, pictures] = [1, 0, 0];
  const transport = {
    patience: null,
    watch: (_conversation: string, _after: number, onBatch: (batch: Batch) => void) => {
      deliver = onBatch;
      return () => {};
    },
  } as unknown as Transport;
  open = new OpenConversation(transport, snapshot);
});

afterEach(() => {
  open.close();
  vi.useRealTimers();
});

it('shows growing text some twenty times a second, however often it comes, and loses none of it', () => {
  let shown = '';
  for (let ms = 0; ms < 1000; ms++) {
    text('word ');
    vi.advanceTimersByTime(1);
    const now = open.state.live?.text ?? '';
    if (now !== shown) pictures += 1;
    shown = now;
  }
  expect(pictures).toBeGreaterThan(5);
  expect(pictures).toBeLessThan(25);
  vi.advanceTimersByTime(250);
  expect(open.state.live?.text).toBe('word '.repeat(1000));
});

it('shows the end with the next frame', () => {
  text('one ');
  vi.advanceTimersByTime(20);
  text('two');
  take({ type: 'finished', reason: 'stop', at: 5 });
  vi.advanceTimersByTime(20);
  expect(open.state.live).toBeNull();
  expect(open.state.messages[0]?.text).toBe('one two');
});

it('shows a word that comes alone with the next frame', () => {
  text('one ');
  vi.advanceTimersByTime(400);
  text('two');
  vi.advanceTimersByTime(20);
  expect(open.state.live?.text).toBe('one two');
});
