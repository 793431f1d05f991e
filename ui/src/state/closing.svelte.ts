import type { ClosingReply } from '../protocol/generated';
import { asApiError, type Transport } from '../transport/types';
import { errorSentence } from '../words/sentences';
import { toasts } from './toasts.svelte';

/** The window was to be closed while answers are being written, and a person is asked what shall become of them. */
export class ClosingState {
  /** How many are being written, while it is asked. */
  answers = $state<number | null>(null);
  #transport: Transport;
  /** The question that is asked or was replied to last: the core asks on until it has heard the reply. */
  #number = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.closing(({ number, answers }) => {
      if (number <= this.#number && this.answers === null) return;
      if (number > this.#number) void this.#say('heard');
      this.#number = number;
      this.answers = answers;
    });
  }

  reply(reply: Exclude<ClosingReply, 'heard'>): void {
    this.answers = null;
    void this.#say(reply);
  }

  async #say(reply: ClosingReply): Promise<void> {
    try {
      await this.#transport.call('closing_answer', { reply });
    } catch (thrown) {
      toasts.show(errorSentence(asApiError(thrown)));
    }
  }
}
