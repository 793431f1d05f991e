import { asApiError, type Transport } from '../transport/types';
import { errorSentence } from '../words/sentences';
import { toasts } from './toasts.svelte';

interface Status {
  /** How the last try failed, if it did. */
  problem: { at: number } | null;
}

/** What backups here and in a person's own storage have in common: how they stand, and one thing under way at a time. */
export abstract class CopiesState<S extends Status> {
  status = $state.raw<S | null>(null);
  /** Something is under way from here. */
  busy = $state(false);
  protected readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  protected abstract ask(): Promise<S>;

  /** Why the last try failed, with its next step. */
  abstract failed(status: S): string;

  /** How they stand now. A problem is said once, wherever one is. */
  async load(): Promise<void> {
    const before = this.status?.problem?.at;
    const status = await this.ask().catch(() => null);
    if (!status) return;
    this.status = status;
    if (status.problem && status.problem.at !== before) toasts.show(this.failed(status));
  }

  /** `null` if something else is under way, or if it failed: that is said. */
  protected async run<T>(call: () => Promise<T>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      return await call();
    } catch (thrown) {
      toasts.show(errorSentence(asApiError(thrown)));
      return null;
    } finally {
      this.busy = false;
    }
  }
}
