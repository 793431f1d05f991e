import type { Settings, Theme } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { language } from './language.svelte';

/** What holds where the settings cannot be read: in a browser behind a link. */
const DEFAULTS: Settings = {
  language: null,
  theme: 'system',
  send_key: 'enter',
  demo_rate: null,
  default_provider: null,
  default_model: null,
  mirror_port: null,
  ca_files: [],
  welcomed: true,
};
const KEPT = 'rivulet-settings';

/** The settings, and what follows from them at once: language and theme. */
export class SettingsState {
  all = $state.raw<Settings>(DEFAULTS);
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    if (this.#transport.host === 'window') this.#take(await this.#transport.call('settings_get', {}));
    else this.#take({ ...DEFAULTS, ...keptInBrowser() });
  }

  /** Changes some of them. A browser keeps its own, since the app's are not its to change. */
  async update(patch: Partial<Settings>): Promise<void> {
    if (this.#transport.host === 'window') {
      this.#take(await this.#transport.call('settings_update', { patch: patch as Record<string, string> }));
      return;
    }
    localStorage.setItem(KEPT, JSON.stringify({ ...keptInBrowser(), ...patch }));
    this.#take({ ...this.all, ...patch });
  }

  #take(settings: Settings): void {
    this.all = settings;
    language.choose(settings.language);
    showTheme(settings.theme);
  }
}

function keptInBrowser(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Settings>;
  } catch {
    return {};
  }
}

const dark = window.matchMedia?.('(prefers-color-scheme: dark)');
let chosen: Theme = 'system';
dark?.addEventListener('change', () => showTheme(chosen));

function showTheme(theme: Theme): void {
  chosen = theme;
  document.documentElement.dataset.theme = theme === 'system' ? (dark?.matches ? 'dark' : 'light') : theme;
}
