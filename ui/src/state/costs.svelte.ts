import type { ConversationId, Costs, DaySpent, ProviderId, Purpose, Spent } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** What was spent, as far as it was asked for. */
export class CostsState {
  all = $state.raw<Costs | null>(null);
  /** Of the conversation that was asked about last. */
  conversation = $state.raw<{ id: ConversationId; spent: Spent } | null>(null);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    this.all = await this.#transport.call('costs_get', {}).catch(() => this.all);
  }

  async loadConversation(id: ConversationId): Promise<void> {
    const spent = await this.#transport.call('conversation_cost', { conversation: id }).catch(() => null);
    this.conversation = spent && { id, spent };
  }
}

const NOTHING: Spent = {
  answers: 0,
  input_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
  micros: 0,
  unpriced: 0,
  estimated: 0,
};

/** All of it together. */
export function total(parts: readonly Spent[]): Spent {
  return parts.reduce<Spent>(
    (sum, part) => ({
      answers: sum.answers + part.answers,
      input_tokens: sum.input_tokens + part.input_tokens,
      cached_tokens: sum.cached_tokens + part.cached_tokens,
      output_tokens: sum.output_tokens + part.output_tokens,
      micros: sum.micros + part.micros,
      unpriced: sum.unpriced + part.unpriced,
      estimated: sum.estimated + part.estimated,
    }),
    NOTHING,
  );
}

function grouped(days: readonly DaySpent[], by: (day: DaySpent) => string): Map<string, DaySpent[]> {
  const groups = new Map<string, DaySpent[]>();
  for (const day of days) groups.set(by(day), [...(groups.get(by(day)) ?? []), day]);
  return groups;
}

/** A day's parts by provider and what was paid for: a provider's keys together. */
export function byDay(
  days: readonly DaySpent[],
): { day: string; provider: ProviderId; purpose: Purpose; spent: Spent }[] {
  const groups = grouped(days, ({ day, provider, purpose }) => `${day} ${provider} ${purpose}`);
  return [...groups.values()].flatMap((parts) => {
    const first = parts[0];
    if (!first) return [];
    const { day, provider, purpose } = first;
    return [{ day, provider, purpose, spent: total(parts) }];
  });
}

/** Each provider's days together, the dearest first. */
export function byProvider(days: readonly DaySpent[]): { provider: ProviderId; spent: Spent }[] {
  return [...grouped(days, ({ provider }) => provider)]
    .map(([provider, parts]) => ({ provider, spent: total(parts) }))
    .sort((one, other) => other.spent.micros - one.spent.micros);
}
