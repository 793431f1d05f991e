import type { LinkCreate, LinkId, MirrorStatus, NewLink } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** The mirror as it stands, and the address of the link that was just made: it is seen once. */
export class MirrorState {
  status = $state.raw<MirrorStatus>({ url: null, links: [] });
  fresh = $state.raw<NewLink | null>(null);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get viewers(): number {
    return this.status.links.reduce((sum, link) => sum + link.viewers.length, 0);
  }

  async load(): Promise<void> {
    this.status = await this.#transport.call('mirror_status', {});
  }

  async turn(on: boolean): Promise<void> {
    this.status = await this.#transport.call(on ? 'mirror_start' : 'mirror_stop', {});
    if (!on) this.fresh = null;
  }

  async create(link: LinkCreate): Promise<void> {
    this.fresh = await this.#transport.call('link_create', link);
    await this.load();
  }

  async revoke(link: LinkId): Promise<void> {
    this.status = await this.#transport.call('link_revoke', { link });
    if (this.fresh?.link.id === link) this.fresh = null;
  }
}
