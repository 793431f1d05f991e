import { m } from '../paraglide/messages.js';
import type { Commands, ImportReport, StorageStatus, StoredBackup } from '../protocol/generated';
import { asApiError, type Transport } from '../transport/types';
import { errorSentence } from '../words/sentences';
import { moment } from '../words/times';
import { toasts } from './toasts.svelte';

/** A person's own storage: how it stands, and what is there. */
export class StorageState {
  status = $state.raw<StorageStatus | null>(null);
  /** What is there, once somebody asked. */
  list = $state.raw<StoredBackup[] | null>(null);
  /** What came of the last merge. */
  report = $state.raw<ImportReport | null>(null);
  /** Something is under way from here. */
  busy = $state(false);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    const before = this.status?.problem?.at;
    const status = await this.#transport.call('storage_status', {}).catch(() => null);
    if (!status) return;
    this.status = status;
    if (status.problem && status.problem.at !== before) toasts.show(failed(status));
  }

  /** Throws what a person has to read beside the form. */
  async save(request: Commands['storage_save']['request']): Promise<void> {
    this.busy = true;
    try {
      this.status = await this.#transport.call('storage_save', request);
      this.list = null;
      toasts.show(m.st_saved());
    } finally {
      this.busy = false;
    }
  }

  async forget(): Promise<void> {
    const status = await this.#run('storage_forget', {});
    if (!status) return;
    this.status = status;
    this.list = null;
  }

  async send(): Promise<void> {
    const status = await this.#run('storage_upload', {});
    if (!status) return;
    this.status = status;
    toasts.show(m.st_sent());
    if (this.list) await this.show();
  }

  async show(): Promise<void> {
    this.list = (await this.#run('storage_list', {})) ?? this.list;
  }

  /** True if everything is as it was in the backup. */
  async restore(name: string, passphrase: string): Promise<boolean> {
    return (await this.#run('storage_restore', { name, passphrase })) !== null;
  }

  async merge(name: string, passphrase: string): Promise<boolean> {
    this.report = await this.#run('storage_merge', { name, passphrase });
    return this.report !== null;
  }

  async #run<K extends keyof Commands>(
    name: K,
    request: Commands[K]['request'],
  ): Promise<Commands[K]['response'] | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      return await this.#transport.call(name, request);
    } catch (thrown) {
      toasts.show(errorSentence(asApiError(thrown)));
      return null;
    } finally {
      this.busy = false;
    }
  }
}

/** Why the last try failed, with its next step. */
export function failed({ problem }: StorageStatus): string {
  return problem ? m.st_failed({ moment: moment(problem.at), sentence: errorSentence(problem.error) }) : '';
}
