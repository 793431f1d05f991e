import { m } from '../paraglide/messages.js';
import { SECTIONS } from '../settings/sections';
import { ACTIONS, keysOf, shown } from '../shortcuts';
import type { App } from '../state/app.svelte';
import { language, TONGUES } from '../state/language.svelte';
import { startWith } from '../state/leading';

export interface Entry {
  id: string;
  group: () => string;
  label: string;
  /** The keys that do the same. */
  keys?: string;
  run: () => void;
}

/** Everything the palette offers, in the order of its groups. */
export function entries(app: App): Entry[] {
  const conversations = app.library.shown.map((conversation) => ({
    id: conversation.id,
    group: m.conversations,
    label: conversation.title || m.untitled(),
    run: () => void app.show(conversation.id),
  }));
  const models = app.may('conversation_model') ? app.providers.models : [];
  const choices = models.map((choice) => ({
    id: `${choice.provider}/${choice.model.id}`,
    group: m.palette_models,
    label: `${choice.provider_name} · ${choice.model.name ?? choice.model.id}`,
    run: () => void app.chooseModel(choice.provider, choice.model.id),
  }));
  const assistants = app.may('conversation_assistant') ? app.assistants.offered : [];
  const begin = assistants.map(({ id, mark, name }) => ({
    id,
    group: m.s_assistants,
    label: `${mark} ${m.a_new_with({ name })}`,
    run: () => startWith(app, id),
  }));
  return [...actions(app), ...conversations, ...begin, ...choices, ...sections(app)];
}

function actions(app: App): Entry[] {
  const dark = document.documentElement.dataset.theme === 'dark';
  const { shortcuts } = app.settings.all;
  const keyed = ACTIONS.filter((action) => action.id !== 'palette' && action.offered(app)).map((action) => ({
    id: action.id,
    label: action.label(),
    keys: shown(keysOf(action, shortcuts)),
    run: () => action.run(app),
  }));
  const others: [boolean, string, () => void][] = [
    [app.may('bin_list'), m.temporary_new(), () => app.startNew(true)],
    [app.may('bin_list'), m.bin(), () => (app.settings_section = 'bin')],
    [app.may('mirror_status'), m.mirror(), () => (app.sheet = 'mirror')],
    [
      true,
      dark ? m.action_theme_light() : m.action_theme_dark(),
      () => void app.settings.update({ theme: dark ? 'light' : 'dark' }),
    ],
    ...TONGUES.map(({ tag, name }): [boolean, string, () => void] => [
      tag !== language.current,
      name,
      () => void app.settings.update({ language: tag }),
    ]),
  ];
  const rest = others.filter(([offered]) => offered).map(([, label, run]) => ({ id: label, label, run }));
  return [...keyed, ...rest].map((entry) => ({ ...entry, group: m.palette_actions }));
}

/** The sections of the settings, by their names and what stands in them. */
function sections(app: App): Entry[] {
  if (!app.may('settings_get')) return [];
  return SECTIONS.map((section) => ({
    id: `settings-${section.id}`,
    group: m.settings,
    label: section.title(),
    run: () => {
      app.settings_section = section.id;
    },
  }));
}

/** Those with all words in them; those that begin so first. */
export function rank(list: Entry[], query: string): Entry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = list.filter((entry) => words.every((word) => entry.label.toLowerCase().includes(word)));
  const first = words[0];
  if (first === undefined) return found;
  return found.sort(
    (a, b) => Number(b.label.toLowerCase().startsWith(first)) - Number(a.label.toLowerCase().startsWith(first)),
  );
}
