import type {
  Batch,
  ConversationId,
  Event,
  Message,
  MessageId,
  Notice,
  PathMessage,
  Snapshot,
  ToolCall,
} from '../protocol/generated';
import { tokensIn } from './tokens';

/** The open conversation as it stands after the events up to `head`. Never changed in place. */
export interface ConversationState {
  readonly id: ConversationId;
  /** Number of the last event that is in it. */
  readonly head: number;
  /** The shown path, oldest first. The one that is `live` stands here as it was when it began. */
  readonly messages: readonly PathMessage[];
  /** There are older ones before `messages[0]`. */
  readonly has_older: boolean;
  /** The message that grows, apart from the list so that a chunk of text copies no list. */
  readonly live: LiveMessage | null;
}

export interface LiveMessage extends PathMessage {
  /** What is waited for while nothing comes. */
  readonly notice: Notice | null;
  /** Output tokens since it began to be watched, estimated until the vendor's count comes. */
  readonly tokens: number;
  /** When the first of these came, in milliseconds since the epoch. */
  readonly tokens_since: number | null;
}

/**
 * `applied`: all well. `resync`: something between was lost, watch again from `head`. `reopen`: the shown path is
 * another one now, open the conversation again.
 */
export type Verdict = 'applied' | 'resync' | 'reopen';

export interface Applied {
  state: ConversationState;
  verdict: Verdict;
}

export function opened({ conversation, messages, has_older, notice }: Snapshot): ConversationState {
  const last = messages.findLast((message) => message.state === 'running');
  const live = last ? { ...alive(last), notice } : null;
  return { id: conversation.id, head: conversation.head, messages, has_older, live };
}

/** The message as it stands now, whether it grows or not. */
export function current(state: ConversationState, message: PathMessage): PathMessage | LiveMessage {
  return message.id === state.live?.id ? state.live : message;
}

/** Applies a batch. Told twice, it does nothing; told too early, it asks for what is missing. `now`: the wall clock. */
export function apply(state: ConversationState, batch: Batch, now: number): Applied {
  if (batch.conversation !== state.id) return { state, verdict: 'applied' };
  if (batch.after > state.head) return { state, verdict: 'resync' };
  let next = state;
  for (const event of batch.events) {
    if (event.seq <= next.head) continue;
    const step = applyEvent(next, event, now);
    if (step.verdict !== 'applied') return step;
    next = { ...step.state, head: event.seq };
  }
  return { state: next, verdict: 'applied' };
}

function applyEvent(state: ConversationState, event: Event, now: number): Applied {
  if (event.type === 'started') return started(state, event.snapshot);
  const with_live = bringToLife(state, event.message);
  // An answer that goes on in another branch: it is on disk, and shown when that branch is.
  if (!with_live?.live) return { state, verdict: 'applied' };
  if (event.type === 'text' || event.type === 'reasoning') {
    const live = grow(with_live.live, event.type, event.text, event.offset, now);
    return live ? { state: { ...with_live, live }, verdict: 'applied' } : { state, verdict: 'resync' };
  }
  const live = change(with_live.live, event);
  const changed = live.state === 'running' ? { ...with_live, live } : settle({ ...with_live, live });
  return { state: changed, verdict: 'applied' };
}

/** A message begins, or goes on: the path ends with it. */
function started(state: ConversationState, message: Message): Applied {
  const base = settle(state);
  const known = base.messages.findIndex((other) => other.id === message.id);
  const place = known >= 0 ? known : placeAfter(base, message.parent);
  if (place === null) return { state, verdict: 'reopen' };
  const before = base.messages[place];
  const siblings = before?.siblings ?? [];
  const fresh: PathMessage = {
    ...message,
    siblings: siblings.includes(message.id) ? siblings : [...siblings, message.id],
  };
  const messages = [...base.messages.slice(0, place), fresh];
  const has_older = place === 0 && message.parent === null ? false : base.has_older;
  const live = message.state === 'running' ? alive(fresh) : null;
  return { state: { ...base, messages, has_older, live }, verdict: 'applied' };
}

function placeAfter(state: ConversationState, parent: MessageId | null): number | null {
  if (parent === null) return 0;
  const at = state.messages.findIndex((message) => message.id === parent);
  return at < 0 ? null : at + 1;
}

/** The state with this message as the one that grows; `null` if it is not on the shown path. */
function bringToLife(state: ConversationState, id: MessageId): ConversationState | null {
  if (state.live?.id === id) return state;
  const message = state.messages.find((other) => other.id === id);
  return message ? { ...settle(state), live: alive(message) } : null;
}

/** Puts what grew into the list. */
function settle(state: ConversationState): ConversationState {
  if (!state.live) return state;
  const { notice: _notice, tokens: _tokens, tokens_since: _since, ...message } = state.live;
  return {
    ...state,
    live: null,
    messages: state.messages.map((other) => (other.id === message.id ? message : other)),
  };
}

function alive(message: PathMessage): LiveMessage {
  return { ...message, notice: null, tokens: 0, tokens_since: null };
}

/** Adds text where it belongs; `null` if something before it is missing. Offsets count UTF-16 units. */
function grow(
  live: LiveMessage,
  part: 'text' | 'reasoning',
  text: string,
  offset: number,
  now: number,
): LiveMessage | null {
  const had = live[part].length;
  if (offset > had) return null;
  const added = text.slice(had - offset);
  if (added === '') return { ...live, notice: null };
  const first_output_ms = live.first_output_ms ?? Math.max(0, now - live.created_at);
  const thought = part === 'text' && had === 0 && live.reasoning !== '';
  return {
    ...live,
    [part]: live[part] + added,
    notice: null,
    first_output_ms,
    reasoning_ms: live.reasoning_ms ?? (thought ? Math.max(0, now - live.created_at - first_output_ms) : null),
    tokens: live.tokens + tokensIn(added),
    tokens_since: live.tokens_since ?? now,
  };
}

function change(live: LiveMessage, event: Exclude<Event, { type: 'started' | 'text' | 'reasoning' }>): LiveMessage {
  switch (event.type) {
    case 'usage':
      return { ...live, usage: event.usage };
    case 'cost':
      return { ...live, cost: event.cost };
    case 'notice':
      return { ...live, notice: event.notice };
    case 'finished':
      return { ...live, state: 'complete', finish_reason: event.reason, ended_at: event.at };
    case 'stopped':
      return { ...live, state: 'stopped', ended_at: event.at };
    case 'interrupted':
      return { ...live, state: 'interrupted', ended_at: event.at };
    case 'failed':
      return { ...live, state: 'failed', failure: event.failure, ended_at: event.at };
    case 'reset':
      return { ...alive({ ...event.snapshot, siblings: live.siblings }), notice: null };
    case 'tool_call': {
      const { id, name, arguments: text } = event;
      return { ...live, tool_calls: [...live.tool_calls, { id, name, arguments: text, result: null }] };
    }
    case 'tool_result': {
      const called = (call: ToolCall) => (call.id === event.id ? { ...call, result: event.text } : call);
      return { ...live, tool_calls: live.tool_calls.map(called) };
    }
  }
}
