import type { KeyringStatus, ModelChoice, Provider, ProviderId } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** Providers, their keys as far as one may know them, and the models one can choose. */
export class ProvidersState {
  list = $state.raw<readonly Provider[]>([]);
  models = $state.raw<readonly ModelChoice[]>([]);
  keyring = $state.raw<KeyringStatus | null>(null);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    this.list = await this.#transport.call('providers_list', {});
  }

  async loadModels(): Promise<void> {
    this.models = await this.#transport.call('models_list', {});
  }

  async loadKeyring(): Promise<void> {
    this.keyring = await this.#transport.call('keyring_status', {});
  }

  /** What can be chosen under this name. */
  choice(target: { provider: ProviderId; model: string } | null): ModelChoice | undefined {
    return this.models.find((choice) => choice.provider === target?.provider && choice.model.id === target.model);
  }

  get(id: ProviderId | null): Provider | undefined {
    return this.list.find((provider) => provider.id === id);
  }

  /** Whose key this looks like: those with the longest matching beginning, several if they share it. */
  recognise(key: string): Provider[] {
    return recognise(this.list, key.trim());
  }
}

export function recognise(providers: readonly Provider[], key: string): Provider[] {
  let longest = 0;
  let found: Provider[] = [];
  for (const provider of providers) {
    for (const prefix of provider.key_prefixes) {
      if (!key.startsWith(prefix) || prefix.length < longest) continue;
      if (prefix.length > longest) found = [];
      longest = prefix.length;
      if (!found.includes(provider)) found.push(provider);
    }
  }
  return found;
}
