import { m } from '../paraglide/messages.js';
import type { BackupStatus } from '../protocol/generated';
import { CopiesState } from './copies.svelte';
import { toasts } from './toasts.svelte';

/** The backups there are on this computer, and how the last try went. */
export class BackupsState extends CopiesState<BackupStatus> {
  protected ask(): Promise<BackupStatus> {
    return this.transport.call('backups_list', {});
  }

  failed({ problem }: BackupStatus): string {
    return problem ? m.backup_failed({ detail: problem.detail }) : '';
  }

  async create(): Promise<void> {
    const status = await this.run(() => this.transport.call('backup_create', {}));
    if (!status) return;
    this.status = status;
    toasts.show(m.backup_made());
  }

  /** True if everything is as it was in the backup. */
  async restore(name: string): Promise<boolean> {
    return this.#taken(await this.run(() => this.transport.call('backup_restore', { name })));
  }

  /** Asks for a backup's file; true if everything is as it was in it. */
  async restoreFile(): Promise<boolean> {
    return this.#taken(await this.run(() => this.transport.call('backup_restore_file', {})));
  }

  /** Whether it was done: not if it failed, or nothing was chosen. */
  #taken(status: BackupStatus | null): boolean {
    this.status = status ?? this.status;
    return status !== null;
  }
}
