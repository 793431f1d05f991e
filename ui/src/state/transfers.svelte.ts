import { m } from '../paraglide/messages.js';
import type { ConversationId, ExportForm, ImportReport, TransferProgress } from '../protocol/generated';
import { asApiError, type Transport } from '../transport/types';
import { errorSentence } from '../words/sentences';
import { language } from './language.svelte';
import { toasts } from './toasts.svelte';

/** How often the core is asked how far it is. */
const EVERY_MS = 250;

/** The import or export that runs. */
export class TransfersState {
  /** How far it is; `null` while none runs. */
  running = $state.raw<TransferProgress | null>(null);
  /** One was asked for; a dialog of the system may be open. */
  asked = $state(false);
  /** What came of the last import. */
  report = $state.raw<ImportReport | null>(null);
  #transport: Transport;
  #following = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async import(folder: boolean): Promise<void> {
    this.report = null;
    const report = await this.#run(() => this.#transport.call('import_start', { folder }));
    if (report) this.report = report;
  }

  /** Exports these conversations, or all. */
  async export(form: ExportForm, conversations: ConversationId[] | null): Promise<void> {
    const request = { conversations, form, language: language.current };
    const report = await this.#run(() => this.#transport.call('export_start', request));
    if (!report?.file) return;
    const { file, attachments_missing: count } = report;
    toasts.show(count ? m.x_saved_without({ file, count }) : m.x_saved({ file }));
  }

  async stop(): Promise<void> {
    await this.#transport.call('transfer_stop', {}).catch(() => undefined);
  }

  /** Follows a transfer that was begun by a page that was loaded again since. */
  async follow(): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    try {
      do {
        const status = await this.#transport.call('transfer_status', {});
        this.running = status.running;
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      } while (this.running || this.asked);
    } catch {
      // Whoever asked for the transfer is told; this is only how far it is.
      this.running = null;
    } finally {
      this.#following = false;
    }
  }

  async #run<T>(start: () => Promise<T>): Promise<T | null> {
    if (this.asked) return null;
    this.asked = true;
    try {
      const done = start();
      void this.follow();
      return await done;
    } catch (thrown) {
      toasts.show(errorSentence(asApiError(thrown)));
      return null;
    } finally {
      this.asked = false;
      this.running = null;
    }
  }
}
