import { expect, it } from 'vitest';
import type { ModelChoice } from '../protocol/generated';
import { grouped } from './models';

const abilities = { pictures: null, documents: null, reasoning: null, tools: null };

function choice(provider: string, id: string, favourite = false): ModelChoice {
  const model = { id, name: null, context: null, max_output: null, price: null, price_is_own: false, abilities };
  return { provider, provider_name: provider.toUpperCase(), model, favourite };
}

const shown = (groups: ReturnType<typeof grouped>) =>
  groups.map(({ name, choices }) => [name, ...choices.map(({ model }) => model.id)]);

it('shows favourites first, once, and the rest by provider', () => {
  const models = [choice('a', 'one'), choice('a', 'two', true), choice('b', 'three'), choice('b', 'two')];
  expect(shown(grouped(models, ''))).toEqual([
    [null, 'two'],
    ['A', 'one'],
    ['B', 'three', 'two'],
  ]);
});

it('finds models by all words of the query, in any order', () => {
  const models = [choice('a', 'swift-large'), choice('b', 'swift-small'), choice('b', 'slow', true)];
  expect(shown(grouped(models, 'swift b'))).toEqual([['B', 'swift-small']]);
  expect(shown(grouped(models, 'nothing'))).toEqual([]);
});

it('leaves out what is beyond a list one can read, but never a favourite', () => {
  const many = Array.from({ length: 300 }, (_, n) => choice('a', `m${n}`, n === 299));
  const groups = grouped(many, '');
  expect(groups.map(({ choices }) => choices.length)).toEqual([1, 200]);
  expect(groups[0]?.choices[0]?.model.id).toBe('m299');
});
