import { expect, it } from 'vitest';
import type { DaySpent } from '../protocol/generated';
import { byDay, byProvider, total } from './costs.svelte';

function spent(day: string, provider: string, key: number, micros: number): DaySpent {
  const counts = { input_tokens: 10, cached_tokens: 1, output_tokens: 2, unpriced: 0, estimated: 0 };
  return { day, provider, key, answers: 1, micros, ...counts };
}

const days = [spent('2026-03-29', 'a', 0, 5), spent('2026-03-29', 'a', 1, 7), spent('2026-03-28', 'b', 0, 90)];

it('puts the keys of a provider together, by day and over all days', () => {
  expect(byDay(days).map(({ day, provider, spent }) => [day, provider, spent.answers, spent.micros])).toEqual([
    ['2026-03-29', 'a', 2, 12],
    ['2026-03-28', 'b', 1, 90],
  ]);
  expect(byProvider(days).map(({ provider, spent }) => [provider, spent.micros])).toEqual([
    ['b', 90],
    ['a', 12],
  ]);
});

it('sums up everything', () => {
  expect(total([]).micros).toBe(0);
  expect(total(days)).toMatchObject({ answers: 3, micros: 102, input_tokens: 30, output_tokens: 6 });
});
