import type { Message } from '../protocol/generated';
import { tokensIn } from './tokens';

type Read = Pick<Message, 'text' | 'usage' | 'attachments'>;

/**
 * About how many tokens a model reads that is asked next: what the vendor counted for the last answer it counted, and
 * an estimate of what came since.
 */
export function contextUsed(messages: readonly Read[]): number {
  let used = 0;
  for (const { text, usage, attachments } of messages.toReversed()) {
    const input = usage?.input_tokens ?? null;
    if (input !== null) return Math.round(used + input + (usage?.output_tokens ?? 0));
    used += tokensIn(text) + attachments.reduce((sum, { tokens }) => sum + tokens, 0);
  }
  return Math.round(used);
}
