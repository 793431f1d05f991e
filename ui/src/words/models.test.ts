import { expect, it } from 'vitest';
import { dollars, facts, money, short } from './models';

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

it('marks what is estimated, and what has no price', () => {
  const spent = { answers: 2, input_tokens: 1, cached_tokens: 0, output_tokens: 1, micros: 2_500_000 };
  expect(money({ ...spent, unpriced: 0, estimated: 0 })).toBe('$2.50');
  expect(money({ ...spent, unpriced: 0, estimated: 1 })).toBe('≈ $2.50');
  expect(money({ ...spent, unpriced: 1, estimated: 1 })).toBe('≈ $2.50 + price not known');
  expect(money({ ...spent, micros: 0, unpriced: 2, estimated: 0 })).toBe('price not known');
  expect(money({ ...spent, answers: 0, micros: 0, unpriced: 0, estimated: 0 })).toBe('$0.00');
});

it('tells only what is known of a model', () => {
  const unknown = { pictures: null, documents: null, reasoning: null, tools: null };
  const model = {
    id: 'm',
    name: null,
    context: null,
    max_output: null,
    price: null,
    price_is_own: false,
    abilities: unknown,
  };
  expect(facts(model)).toEqual([]);
  const price = { input: 2_500_000, cached: null, cache_write: null, output: 10_000_000, long: null };
  expect(facts({ ...model, price, price_is_own: true })).toEqual(['$2.50 in, $10.00 out (your own price)']);
  const abilities = { ...unknown, pictures: true, reasoning: false };
  expect(facts({ ...model, context: 128_000, price, abilities })).toEqual([
    '128K tokens',
    '$2.50 in, $10.00 out',
    'pictures',
  ]);
  expect(short(8192)).toBe('8,192');
});
