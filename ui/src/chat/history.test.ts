import { expect, it } from 'vitest';
import { History } from './history';

it('walks back through what was asked, and forward to what was being written', () => {
  const history = new History();
  const asked = ['first', 'second'];
  expect(history.newer(asked)).toBeNull();
  expect(history.older(asked, 'draft')).toBe('second');
  expect(history.older(asked, 'second')).toBe('first');
  expect(history.older(asked, 'first')).toBeNull();
  expect(history.newer(asked)).toBe('second');
  expect(history.newer(asked)).toBe('draft');
  expect(history.newer(asked)).toBeNull();
});

it('begins at the newest again after something was written', () => {
  const history = new History();
  history.older(['one', 'two'], '');
  history.reset();
  expect(history.older(['one', 'two'], 'x')).toBe('two');
  expect(history.older([], 'x')).toBeNull();
});
