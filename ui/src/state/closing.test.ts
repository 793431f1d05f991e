import { expect, test } from 'vitest';
import type { ClosingAsked } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { ClosingState } from './closing.svelte';

/** A core that asks when it is told to, and what it was replied. */
function asking() {
  const replies: unknown[] = [];
  let ask: (asked: ClosingAsked) => void = () => {};
  const transport = {
    closing: (onAsked: (asked: ClosingAsked) => void) => {
      ask = onAsked;
    },
    call: async (_: string, { reply }: { reply: string }) => {
      replies.push(reply);
      return {};
    },
  } as unknown as Transport;
  const closing = new ClosingState(transport);
  return { closing, replies, ask: (number: number, answers: number) => ask({ number, answers }) };
}

test('a question that is asked again and again is heard once, and follows the number of answers', () => {
  const { closing, replies, ask } = asking();
  expect(closing.answers).toBeNull();
  ask(1, 2);
  ask(1, 2);
  ask(1, 1);
  expect(closing.answers).toBe(1);
  expect(replies).toEqual(['heard']);
});

test('a question that was on its way when it was replied to does not come back, and the next one does', () => {
  const { closing, replies, ask } = asking();
  ask(1, 2);
  closing.reply('stay');
  ask(1, 2);
  expect(closing.answers).toBeNull();
  ask(2, 1);
  expect(closing.answers).toBe(1);
  expect(replies).toEqual(['heard', 'stay', 'heard']);
});
