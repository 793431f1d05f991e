import { describe, expect, it } from 'vitest';
import type { Batch, Event, Message, PathMessage } from '../protocol/generated';
import { apply, type ConversationState, current, opened } from './reduce';

const message = (id: string, over: Partial<Message> = {}): Message => ({
  id,
  parent: null,
  author: 'assistant',
  state: 'running',
  text: '',
  reasoning: '',
  attachments: [],
  tool_calls: [],
  replay: [],
  edited: false,
  mark: null,
  reasoning_ms: null,
  created_at: 1000,
  ended_at: null,
  first_output_ms: null,
  provider: 'demo',
  model: 'tour',
  finish_reason: null,
  usage: null,
  cost: null,
  failure: null,
  ...over,
});
const onPath = (id: string, over: Partial<Message> = {}): PathMessage => ({ ...message(id, over), siblings: [id] });

const question = onPath('q', { author: 'user', state: 'complete', text: 'Why?' });
const answer = onPath('a', { parent: 'q' });

function start(messages: PathMessage[] = [question, answer], head = 2): ConversationState {
  const conversation = {
    id: 'c',
    title: '',
    pinned: false,
    created_at: 0,
    updated_at: 0,
    provider: null,
    model: null,
    controls: {},
    leaf: messages.at(-1)?.id ?? null,
    head,
    running: true,
    assistant: null,
    own_prompt: false,
    temporary: false,
    place: { archived: false, project: null, tags: [] },
  };
  return opened({ conversation, messages, has_older: false, notice: null });
}
const batch = (after: number, ...events: Event[]): Batch => ({
  conversation: 'c',
  after,
  head: events.at(-1)?.seq ?? after,
  events,
});
const text = (seq: number, offset: number, added: string, id = 'a'): Event => ({
  seq,
  message: id,
  type: 'text',
  text: added,
  offset,
});
const shown = (state: ConversationState) => state.messages.map((other) => current(state, other));

describe('text', () => {
  it('is appended in order, and the list is not copied for it', () => {
    const before = start();
    const { state, verdict } = apply(before, batch(2, text(3, 0, 'Be'), text(4, 2, 'cause')), 1500);
    expect(verdict).toBe('applied');
    expect(state.live?.text).toBe('Because');
    expect(state.messages).toBe(before.messages);
    expect(state.head).toBe(4);
    expect(state.live?.first_output_ms).toBe(500);
  });

  it('told twice changes nothing', () => {
    const once = apply(start(), batch(2, text(3, 0, 'Be')), 1500).state;
    expect(apply(once, batch(2, text(3, 0, 'Be')), 1600).state).toEqual(once);
  });

  it('merged differently the second time fits by its offset', () => {
    const once = apply(start(), batch(2, text(3, 0, 'Be')), 1500).state;
    const { state } = apply(once, batch(2, text(5, 0, 'Because so')), 1600);
    expect(state.live?.text).toBe('Because so');
    expect(state.head).toBe(5);
  });

  it('counts offsets in UTF-16 units', () => {
    const once = apply(start(), batch(2, text(3, 0, '水😀')), 1500).state;
    expect(apply(once, batch(3, text(4, 3, '!')), 1600).state.live?.text).toBe('水😀!');
  });

  it('with something missing before it asks for what is missing and shows nothing of it', () => {
    const before = start();
    expect(apply(before, batch(2, text(3, 5, 'late')), 1500)).toEqual({ state: before, verdict: 'resync' });
    expect(apply(before, batch(3, text(4, 0, 'late')), 1500)).toEqual({ state: before, verdict: 'resync' });
  });

  it('of an answer on another branch moves the number only', () => {
    const { state, verdict } = apply(start(), batch(2, text(3, 0, 'x', 'elsewhere')), 1500);
    expect(verdict).toBe('applied');
    expect(state.head).toBe(3);
    expect(shown(state).map((other) => other.text)).toEqual(['Why?', '']);
  });
});

it('a heartbeat beyond our number asks for what is missing', () => {
  const beat = (head: number): Batch => ({ conversation: 'c', after: head, head, events: [] });
  expect(apply(start(), beat(2), 0).verdict).toBe('applied');
  expect(apply(start(), beat(3), 0).verdict).toBe('resync');
});

it('another conversation is not ours', () => {
  const before = start();
  const other = { ...batch(9, text(10, 0, 'x')), conversation: 'other' };
  expect(apply(before, other, 0)).toEqual({ state: before, verdict: 'applied' });
});

describe('ends', () => {
  const grown = apply(start(), batch(2, text(3, 0, 'Because')), 1500).state;
  const ends: [Event, Partial<Message>][] = [
    [
      { seq: 4, message: 'a', type: 'finished', reason: 'length', at: 9 },
      { state: 'complete', finish_reason: 'length' },
    ],
    [{ seq: 4, message: 'a', type: 'stopped', at: 9 }, { state: 'stopped' }],
    [{ seq: 4, message: 'a', type: 'interrupted', at: 9 }, { state: 'interrupted' }],
    [
      {
        seq: 4,
        message: 'a',
        type: 'failed',
        at: 9,
        failure: { code: 'cut', host: 'h', status: null, detail: null, retry_after_ms: null, proxy: null },
      },
      { state: 'failed' },
    ],
  ];
  it.each(ends)('%j keeps the text and leaves nothing running', (event, wanted) => {
    const { state } = apply(grown, batch(3, event), 2000);
    expect(state.live).toBeNull();
    expect(state.messages.at(-1)).toMatchObject({ text: 'Because', ended_at: 9, ...wanted });
  });

  it('counts come with usage and stay', () => {
    const usage = {
      input_tokens: 5,
      output_tokens: 7,
      reasoning_tokens: null,
      cached_tokens: null,
      cache_write_tokens: null,
      micros: null,
    };
    const event: Event = { seq: 4, message: 'a', type: 'usage', usage };
    const { state } = apply(
      grown,
      batch(3, event, { seq: 5, message: 'a', type: 'finished', reason: 'stop', at: 9 }),
      2000,
    );
    expect(state.messages.at(-1)?.usage).toEqual(usage);
  });
});

describe('notices', () => {
  it('stand until something comes', () => {
    const event: Event = { seq: 3, message: 'a', type: 'notice', notice: { kind: 'stalled', silent_ms: 20_000 } };
    const waiting = apply(start(), batch(2, event), 0).state;
    expect(waiting.live?.notice?.kind).toBe('stalled');
    expect(apply(waiting, batch(3, text(4, 0, 'x')), 0).state.live?.notice).toBeNull();
  });
});

describe('reasoning', () => {
  it('grows apart from the text, and its duration stands with the first text', () => {
    const thought: Event = { seq: 3, message: 'a', type: 'reasoning', text: 'Hm', offset: 0 };
    const thinking = apply(start(), batch(2, thought), 2000).state;
    const { state } = apply(thinking, batch(3, text(4, 0, 'So')), 6000);
    expect(state.live).toMatchObject({ reasoning: 'Hm', text: 'So', reasoning_ms: 4000 });
  });
});

describe('started', () => {
  const started = (seq: number, snapshot: Message): Event => ({ seq, message: snapshot.id, type: 'started', snapshot });
  const done = apply(start(), batch(2, text(3, 0, 'A'), { seq: 4, message: 'a', type: 'stopped', at: 9 }), 0).state;

  it('a question comes whole and its answer after it', () => {
    const next = batch(
      4,
      started(5, message('q2', { author: 'user', state: 'complete', text: 'And?', parent: 'a' })),
      started(6, message('a2', { parent: 'q2' })),
    );
    const { state } = apply(done, next, 0);
    expect(state.messages.map((other) => other.id)).toEqual(['q', 'a', 'q2', 'a2']);
    expect(state.live?.id).toBe('a2');
  });

  it('a sibling takes the place of the one that was shown', () => {
    const { state } = apply(done, batch(4, started(5, message('b', { parent: 'q' }))), 0);
    expect(state.messages.map((other) => other.id)).toEqual(['q', 'b']);
    expect(state.live?.siblings).toEqual(['a', 'b']);
  });

  it('an edited first question begins a new path', () => {
    const edited = message('q3', { author: 'user', state: 'complete', text: 'How?' });
    const { state } = apply(done, batch(4, started(5, edited)), 0);
    expect(state.messages.map((other) => [other.id, other.siblings])).toEqual([['q3', ['q', 'q3']]]);
  });

  it('an answer that goes on keeps its place and its text', () => {
    const { state } = apply(done, batch(4, started(5, message('a', { parent: 'q', text: 'A' })), text(6, 1, 'B')), 0);
    expect(shown(state).map((other) => other.text)).toEqual(['Why?', 'AB']);
  });

  it('after a message that is not here the path is asked for again', () => {
    expect(apply(done, batch(4, started(5, message('x', { parent: 'unknown' }))), 0).verdict).toBe('reopen');
  });
});

it('reset replaces the whole message', () => {
  const grown = apply(start(), batch(2, text(3, 0, 'wrong')), 0).state;
  const snapshot = message('a', { parent: 'q', text: 'right', state: 'complete', finish_reason: 'stop' });
  const { state } = apply(grown, batch(3, { seq: 9, message: 'a', type: 'reset', snapshot }), 0);
  expect(state).toMatchObject({ head: 9, live: null });
  expect(state.messages.at(-1)).toMatchObject({ text: 'right', state: 'complete' });
});
