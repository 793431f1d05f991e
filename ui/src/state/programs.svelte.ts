import type { ApiTokenCreate, ApiTokenId, LocalApi, NewApiToken } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** The local API as it stands, and the token that was just made: it is seen once. */
export class ProgramsState {
  status = $state.raw<LocalApi>({ url: null, tokens: [] });
  fresh = $state.raw<NewApiToken | null>(null);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    this.status = await this.#transport.call('api_status', {});
  }

  async turn(on: boolean): Promise<void> {
    this.status = await this.#transport.call(on ? 'api_start' : 'api_stop', {});
    if (!on) this.fresh = null;
  }

  async create(token: ApiTokenCreate): Promise<void> {
    this.fresh = await this.#transport.call('api_token_create', token);
    await this.load();
  }

  async revoke(token: ApiTokenId): Promise<void> {
    this.status = await this.#transport.call('api_token_revoke', { token });
    if (this.fresh?.token.id === token) this.fresh = null;
  }
}
