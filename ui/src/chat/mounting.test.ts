import { expect, it } from 'vitest';
import { next } from './mounting';

const messages = (...lengths: number[]) => lengths.map((length) => ({ text: 'x'.repeat(length) }));

it('takes many short messages and few long ones', () => {
  expect(next(messages(...Array(100).fill(20)), 99, -1)).toBe(40);
  expect(next(messages(...Array(100).fill(3000)), 99, -1)).toBe(4);
  expect(next(messages(...Array(100).fill(3000)), 0, 1)).toBe(4);
});

it('takes at least one, and none where none is', () => {
  expect(next(messages(400_000, 400_000), 1, -1)).toBe(1);
  expect(next(messages(1, 2, 3), 2, -1)).toBe(3);
  expect(next(messages(1, 2, 3), 3, 1)).toBe(0);
  expect(next([], -1, -1)).toBe(0);
});
