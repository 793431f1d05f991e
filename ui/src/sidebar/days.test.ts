import { expect, it } from 'vitest';
import type { Conversation } from '../protocol/generated';
import { byDay } from './days';

const at = (day: number, hour: number) => new Date(2026, 2, day, hour).getTime();
const conversation = (id: string, updated_at: number, pinned = false): Conversation => ({
  id,
  title: id,
  pinned,
  created_at: updated_at,
  updated_at,
  provider: null,
  model: null,
  controls: {},
  leaf: null,
  head: 0,
  running: false,
  assistant: null,
  own_prompt: false,
  temporary: false,
  place: { archived: false, project: null, tags: [] },
});

it('cuts the list by the calendar', () => {
  const list = [
    conversation('p', at(1, 1), true),
    conversation('a', at(29, 0)),
    conversation('b', at(28, 23)),
    conversation('c', at(23, 0)),
    conversation('d', at(22, 23)),
  ];
  const groups = byDay(list, at(29, 12)).map(([day, group]) => [day, group.map((other) => other.id).join('')]);
  expect(groups).toEqual([
    ['pinned', 'p'],
    ['today', 'a'],
    ['yesterday', 'b'],
    ['this_week', 'c'],
    ['older', 'd'],
  ]);
});
