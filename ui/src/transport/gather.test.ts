import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Batch, Event } from '../protocol/generated';
import { Gather } from './gather';

let seen: Batch[];
let gather: Gather;

beforeEach(() => {
  vi.useFakeTimers();
  seen = [];
  gather = new Gather((batch) => seen.push(batch));
});
afterEach(() => vi.useRealTimers());

const text = (seq: number, offset: number, text: string, message = 'm'): Event =>
  ({ type: 'text', seq, message, offset, text }) as Event;
const ends = (seq: number): Event => ({ type: 'stopped', seq, message: 'm', at: 0 }) as Event;
const batch = (after: number, ...events: Event[]): Batch => ({
  conversation: 'c',
  after,
  head: after + events.length,
  events,
});

it('hands the first text on at once and puts what follows in one event', () => {
  gather.take(batch(0, text(1, 0, 'a')));
  expect(seen).toEqual([batch(0, text(1, 0, 'a'))]);
  gather.take(batch(1, text(2, 1, 'bc')));
  gather.take(batch(2, text(3, 3, 'd')));
  expect(seen).toHaveLength(1);
  vi.runAllTimers();
  expect(seen.slice(1)).toEqual([{ conversation: 'c', after: 1, head: 3, events: [text(3, 1, 'bcd')] }]);
});

it('keeps what is not one text apart', () => {
  gather.take(batch(0, text(1, 0, 'a')));
  gather.take(batch(1, text(2, 1, 'b')));
  gather.take(batch(2, text(3, 0, 'c', 'other')));
  gather.take(batch(3, { ...text(4, 1, 'd', 'other'), type: 'reasoning' } as Event));
  vi.runAllTimers();
  expect(seen[1]?.events).toHaveLength(3);
});

it('hands on at once what is not text, after all that came before it', () => {
  gather.take(batch(0, text(1, 0, 'a')));
  gather.take(batch(1, text(2, 1, 'b')));
  gather.take(batch(2, ends(3)));
  expect(seen.slice(1)).toEqual([{ conversation: 'c', after: 1, head: 3, events: [text(2, 1, 'b'), ends(3)] }]);
  vi.runAllTimers();
  expect(seen).toHaveLength(2);
});

it('says nothing more after its end', () => {
  gather.take(batch(0, text(1, 0, 'a')));
  gather.take(batch(1, text(2, 1, 'b')));
  gather.end();
  vi.runAllTimers();
  expect(seen).toHaveLength(1);
});
