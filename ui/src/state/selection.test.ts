import { expect, it } from 'vitest';
import { Selection } from './selection.svelte';

const order = () => ['a', 'b', 'c', 'd'];
const click = (keys: Partial<MouseEvent> = {}) =>
  ({ ctrlKey: false, metaKey: false, shiftKey: false, ...keys }) as MouseEvent;

it('chooses one with Ctrl, a range with Shift, and opens with neither', () => {
  const selection = new Selection();
  expect(selection.click(click(), 'a', order, null)).toBe(false);
  expect(selection.click(click({ ctrlKey: true }), 'b', order, null)).toBe(true);
  expect(selection.click(click({ shiftKey: true }), 'd', order, null)).toBe(true);
  expect([...selection.chosen]).toEqual(['b', 'c', 'd']);
  selection.click(click(), 'c', order, null);
  expect([...selection.chosen]).toEqual(['b', 'd']);
  selection.end();
  expect([selection.on, selection.chosen.size]).toEqual([false, 0]);
  selection.click(click({ shiftKey: true }), 'a', order, 'c');
  expect([...selection.chosen]).toEqual(['a', 'b', 'c']);
});
