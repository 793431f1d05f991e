import { expect, it } from 'vitest';
import { dollars, facts, short } from './models';

it('writes money so that small sums say something', () => {
  expect([0, 2_500_000, 150_000, 12_345, 420, 7].map(dollars)).toEqual([
    '$0.00',
    '$2.50',
    '$0.15',
    '$0.0123',
    '$0.00042',
    '$0.000007',
  ]);
});

it('tells only what is known of a model', () => {
  const unknown = { pictures: null, documents: null, reasoning: null, tools: null };
  const model = { id: 'm', name: null, context: null, max_output: null, price: null, abilities: unknown };
  expect(facts(model)).toEqual([]);
  const price = { input: 2_500_000, cached: null, cache_write: null, output: 10_000_000, long: null };
  const abilities = { ...unknown, pictures: true, reasoning: false };
  expect(facts({ ...model, context: 128_000, price, abilities })).toEqual([
    '128K tokens',
    '$2.50 in, $10.00 out',
    'pictures',
  ]);
  expect(short(8192)).toBe('8,192');
});
