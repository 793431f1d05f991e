import { expect, it } from 'vitest';
import type { DaySpent, Purpose } from '../protocol/generated';
import { byDay, byProvider, total } from './costs.svelte';

function spent(day: string, provider: string, key: number, micros: number, purpose: Purpose = 'answer'): DaySpent {
  const counts = { input_tokens: 10, cached_tokens: 1, output_tokens: 2, unpriced: 0, estimated: 0 };
  return { day, provider, key, purpose, answers: purpose === 'answer' ? 1 : 0, micros, ...counts };
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

it('tells titles and summaries from answers', () => {
  const parts = [...days, spent('2026-03-29', 'a', 0, 2, 'title')];
  expect(byDay(parts).map(({ purpose, spent }) => [purpose, spent.answers, spent.micros])).toEqual([
    ['answer', 2, 12],
    ['answer', 1, 90],
    ['title', 0, 2],
  ]);
});
