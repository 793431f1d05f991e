import type { Commands } from '../protocol/generated';
import type { Transport } from '../transport/types';
import * as samples from './samples';

type Told = { [K in keyof Commands]?: Commands[K]['response'] };

/** What stands in for the core. A command that is not here is never answered: whatever waits for it is shown waiting. */
const TOLD: Told = {
  app_info: { version: '0.1.0', role: 'window', data_dir: '/home/ada/.local/share/rivulet', platform: 'linux' },
  settings_get: samples.settings,
  providers_list: samples.providers,
  models_list: samples.models,
  keyring_status: { name: 'Secret Service', problem: null, detail: null },
  conversations_list: { conversations: samples.conversations, has_more: true },
  projects_list: samples.projects,
  tags_list: [{ name: 'delta', conversations: 2 }],
  assistants_list: samples.assistants,
  draft_get: { conversation: null, text: '' },
  costs_get: samples.costs,
  backups_list: samples.backups,
  storage_status: samples.storage,
  mirror_status: { url: 'http://127.0.0.1:4242/', links: samples.links },
  api_status: samples.api,
  bin_list: { entries: samples.bin, has_more: false },
  provider_test: samples.tested,
};

export class Answers implements Transport {
  readonly host = 'window';
  readonly patience = null;

  frame(page: string): string {
    return page;
  }

  call<K extends keyof Commands>(name: K, request: Commands[K]['request']): Promise<Commands[K]['response']> {
    if (name === 'settings_update') {
      const { patch } = request as unknown as { patch: object };
      Object.assign(samples.settings, patch);
      return Promise.resolve({ ...samples.settings } as Commands[K]['response']);
    }
    const told = TOLD[name];
    return told === undefined
      ? new Promise(() => {})
      : Promise.resolve(structuredClone(told) as Commands[K]['response']);
  }

  watch(): () => void {
    return () => {};
  }

  library(): () => void {
    return () => {};
  }

  closing(): void {}

  onConnection(): () => void {
    return () => {};
  }
}
