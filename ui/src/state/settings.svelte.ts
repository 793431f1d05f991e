import type { Settings, Theme } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { language } from './language.svelte';

/** What holds where the settings cannot be read: in a browser behind a link. */
export const DEFAULTS: Settings = {
  language: null,
  theme: 'system',
  send_key: 'enter',
  paste_limit: 10_000,
  demo_rate: null,
  replay_speed: null,
  default_provider: null,
  default_model: null,
  mirror_port: null,
  mirror_viewers: null,
  api: false,
  api_port: null,
  ca_files: [],
  accent: 'river',
  font: null,
  text_size: 100,
  density: 'usual',
  stylesheet: '',
  announce: 'sentences',
  announce_seconds: 3,
  shortcuts: {},
  prompts: [],
  favourites: [],
  limits: [],
  prices: [],
  title_model: null,
  summary_model: null,
  when_full: 'ask',
  windows: [],
  when_closed: 'ask',
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
    const in_window = this.#transport.host === 'window';
    await this.#take(in_window ? await this.#transport.call('settings_get', {}) : { ...DEFAULTS, ...keptInBrowser() });
  }

  /** Changes some of them. A browser keeps its own, since the app's are not its to change. */
  async update(patch: Partial<Settings>): Promise<void> {
    if (this.#transport.host === 'window') {
      await this.#take(await this.#transport.call('settings_update', { patch: patch as Record<string, string> }));
      return;
    }
    localStorage.setItem(KEPT, JSON.stringify({ ...keptInBrowser(), ...patch }));
    await this.#take({ ...this.all, ...patch });
  }

  async #take(settings: Settings): Promise<void> {
    this.all = settings;
    showTheme(settings.theme);
    await changeLook(settings);
    await language.choose(settings.language);
  }
}

function keptInBrowser(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Settings>;
  } catch {
    return {};
  }
}

let look: typeof import('./look') | null = null;

/** Whoever keeps the usual look never fetches the others. */
async function changeLook(settings: Settings): Promise<void> {
  const { accent, density, font, stylesheet, text_size } = settings;
  const usual = accent === 'river' && density === 'usual' && !font && stylesheet === '' && text_size === 100;
  if (look === null && usual) return;
  look ??= await import('./look').catch(() => null);
  look?.showLook(settings);
}

const dark = window.matchMedia?.('(prefers-color-scheme: dark)');
let chosen: Theme = 'system';
dark?.addEventListener('change', () => showTheme(chosen));

function showTheme(theme: Theme): void {
  chosen = theme;
  document.documentElement.dataset.theme = theme === 'system' ? (dark?.matches ? 'dark' : 'light') : theme;
}
