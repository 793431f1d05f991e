import type { BinEntry, BinPurge } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** What was deleted and can come back, as far as it was asked for. */
export class BinState {
  entries = $state.raw<readonly BinEntry[]>([]);
  has_more = $state(false);
  loaded = $state(false);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    const page = await this.#transport.call('bin_list', {}).catch(() => null);
    if (!page) return;
    this.entries = page.entries;
    this.has_more = page.has_more;
    this.loaded = true;
  }

  async more(): Promise<void> {
    const page = await this.#transport.call('bin_list', { offset: this.entries.length }).catch(() => null);
    if (!page) return;
    this.entries = [...this.entries, ...page.entries];
    this.has_more = page.has_more;
  }

  /** It is no longer in the bin. */
  drop(entry: BinEntry): void {
    this.entries = this.entries.filter((other) => other !== entry);
  }

  async purge(what: BinPurge): Promise<void> {
    await this.#transport.call('bin_purge', what);
    await this.load();
  }
}
