import { m } from '../paraglide/messages.js';
import type { BackupStatus } from '../protocol/generated';
import { asApiError, type Transport } from '../transport/types';
import { errorSentence } from '../words/sentences';
import { toasts } from './toasts.svelte';

/** The backups there are, and how the last try went. */
export class BackupsState {
  status = $state.raw<BackupStatus | null>(null);
  /** One is being made or restored from here. */
  busy = $state(false);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    const before = this.status?.problem?.at;
    const status = await this.#transport.call('backups_list', {}).catch(() => null);
    if (!status) return;
    this.status = status;
    const { problem } = status;
    if (problem && problem.at !== before) toasts.show(m.backup_failed({ detail: problem.detail }));
  }

  async create(): Promise<void> {
    const status = await this.#run(() => this.#transport.call('backup_create', {}));
    if (status) toasts.show(m.backup_made());
  }

  /** True if everything is as it was in the backup. */
  async restore(name: string): Promise<boolean> {
    return (await this.#run(() => this.#transport.call('backup_restore', { name }))) !== null;
  }

  /** Asks for a backup's file; true if everything is as it was in it. */
  async restoreFile(): Promise<boolean> {
    return (await this.#run(() => this.#transport.call('backup_restore_file', {}))) !== null;
  }

  /** `null` if it failed, or nothing was chosen. */
  async #run(call: () => Promise<BackupStatus | null>): Promise<BackupStatus | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      const status = await call();
      this.status = status ?? this.status;
      return status;
    } catch (thrown) {
      toasts.show(errorSentence(asApiError(thrown)));
      return null;
    } finally {
      this.busy = false;
    }
  }
}
