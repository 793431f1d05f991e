import { m } from '../paraglide/messages.js';
import type { Message } from '../protocol/generated';
import { type About, failureNext, failureSentence, failures, join, type Step } from './sentences';

/** How an answer ended, and what is offered then. */
export interface Ending {
  sentence: string;
  /** In the order they are offered: what mends the cause, going on, trying again. */
  steps: (Step | 'continue')[];
}

type Ended = Pick<Message, 'state' | 'text' | 'failure' | 'finish_reason'>;

/** How an answer ended, if not by itself. */
export function ending(message: Ended, about: About = {}): Ending | null {
  const sentence = sentenceOf(message, about);
  if (sentence === null) return null;
  const steps: Ending['steps'] = [];
  const step = message.failure ? (failures[message.failure.code] ?? failures.internal).step : 'retry';
  if (step !== 'retry') steps.push(step);
  const goes_on = message.failure?.goes_on === true;
  if (goes_on) steps.unshift('continue');
  else if (message.text !== '' && (message.state !== 'complete' || message.finish_reason === 'length'))
    steps.push('continue');
  // A whole answer can be asked for again too; that is offered below each, and here where it ended badly.
  if (message.state !== 'complete' || message.finish_reason !== 'length' || message.text === '') steps.push('retry');
  return { sentence, steps };
}

function sentenceOf({ state, text, failure, finish_reason }: Ended, about: About): string | null {
  const empty = text === '';
  if (failure)
    return join(
      failureSentence(failure, { ...about, empty }),
      empty ? undefined : m.kept(),
      failure.goes_on ? m.n_goes_on() : failureNext(failure),
    );
  if (state === 'stopped') return empty ? m.state_stopped_empty() : m.state_stopped();
  if (state === 'interrupted') return empty ? m.state_interrupted_empty() : m.state_interrupted();
  if (state !== 'complete') return null;
  if (finish_reason === 'length') return m.state_length();
  if (finish_reason === 'content_filter') return m.state_filtered();
  if (finish_reason === 'refusal') return m.state_refusal();
  return null;
}
