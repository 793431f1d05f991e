import type { Message } from '../protocol/generated';
import { tokensIn } from './tokens';

/** From this share of what its model reads on, a conversation is full: the answer needs room too. */
export const FULL = 0.8;

type Read = Pick<Message, 'text' | 'usage' | 'attachments' | 'mark' | 'created_at'>;

/**
 * About how many tokens a model reads that is asked next: what the vendor counted for the last answer it counted, and
 * an estimate of what came since. Above the last mark nothing is read but its summary; what was counted before it was
 * made says nothing.
 */
export function contextUsed(messages: readonly Read[]): number {
  const marked = messages.findLastIndex(({ mark }) => mark !== null);
  const mark = messages[marked]?.mark;
  let used = 0;
  for (const { text, usage, attachments, created_at } of messages.slice(marked + 1).toReversed()) {
    const input = !mark || created_at >= mark.at ? (usage?.input_tokens ?? null) : null;
    if (input !== null) return Math.round(used + input + (usage?.output_tokens ?? 0));
    used += tokensIn(text) + attachments.reduce((sum, { tokens }) => sum + tokens, 0);
  }
  return Math.round(used + tokensIn(mark?.summary?.text ?? ''));
}
