import { expect, it } from 'vitest';
import { History } from './history';

it('walks back through what was asked, and forward to what was being written', () => {
  const history = new History();
  const asked = ['first', 'second'];
  expect(history.newer(asked, 'draft')).toBeNull();
  expect(history.older(asked, 'draft')).toBe('second');
  expect(history.older(asked, 'second')).toBe('first');
  expect(history.older(asked, 'first')).toBeNull();
  expect(history.newer(asked, 'first')).toBe('second');
  expect(history.newer(asked, 'second')).toBe('draft');
  expect(history.newer(asked, 'draft')).toBeNull();
});

it('begins at the newest again after something was written, or sent', () => {
  const history = new History();
  history.older(['one', 'two'], '');
  expect(history.older(['one', 'two'], 'x')).toBe('two');
  expect(history.older(['one', 'two'], 'two')).toBe('one');
  expect(history.older(['one', 'two', 'three'], '')).toBe('three');
  expect(history.newer(['one', 'two', 'three'], 'other')).toBeNull();
  expect(history.older([], 'x')).toBeNull();
});
