import { m } from '../paraglide/messages.js';
import type { Commands, ImportReport, StorageStatus, StoredBackup } from '../protocol/generated';
import { errorSentence } from '../words/sentences';
import { moment } from '../words/times';
import { CopiesState } from './copies.svelte';
import { toasts } from './toasts.svelte';

/** A person's own storage: how it stands, and what is there. */
export class StorageState extends CopiesState<StorageStatus> {
  /** What is there, once somebody asked. */
  list = $state.raw<StoredBackup[] | null>(null);
  /** What came of the last merge. */
  report = $state.raw<ImportReport | null>(null);

  protected ask(): Promise<StorageStatus> {
    return this.transport.call('storage_status', {});
  }

  failed({ problem }: StorageStatus): string {
    return problem ? m.st_failed({ moment: moment(problem.at), sentence: errorSentence(problem.error) }) : '';
  }

  /** Throws what a person has to read beside the form. */
  async save(request: Commands['storage_save']['request']): Promise<void> {
    this.busy = true;
    try {
      this.status = await this.transport.call('storage_save', request);
      this.list = null;
      toasts.show(m.st_saved());
    } finally {
      this.busy = false;
    }
  }

  async forget(): Promise<void> {
    const status = await this.run(() => this.transport.call('storage_forget', {}));
    if (!status) return;
    this.status = status;
    this.list = null;
  }

  async send(): Promise<void> {
    const status = await this.run(() => this.transport.call('storage_upload', {}));
    if (!status) return;
    this.status = status;
    toasts.show(m.st_sent());
    if (this.list) await this.show();
  }

  async show(): Promise<void> {
    this.list = (await this.run(() => this.transport.call('storage_list', {}))) ?? this.list;
  }

  /** True if everything is as it was in the backup. */
  async restore(name: string, passphrase: string): Promise<boolean> {
    return (await this.run(() => this.transport.call('storage_restore', { name, passphrase }))) !== null;
  }

  async merge(name: string, passphrase: string): Promise<boolean> {
    this.report = await this.run(() => this.transport.call('storage_merge', { name, passphrase }));
    return this.report !== null;
  }
}
