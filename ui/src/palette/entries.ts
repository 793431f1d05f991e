import { m } from '../paraglide/messages.js';
import type { App } from '../state/app.svelte';

export interface Entry {
  id: string;
  group: () => string;
  label: string;
  run: () => void;
}

/** Everything the palette offers, in the order of its groups. */
export function entries(app: App): Entry[] {
  const conversations = app.library.list.map((conversation) => ({
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
  return [...actions(app), ...conversations, ...choices];
}

function actions(app: App): Entry[] {
  const dark = document.documentElement.dataset.theme === 'dark';
  const list: [boolean, string, () => void][] = [
    [app.may('conversation_create'), m.new_chat(), () => app.startNew()],
    [app.open?.state.live != null && app.may('answer_stop'), m.stop(), () => app.stop()],
    [app.may('settings_get'), m.settings(), () => (app.settings_section = 'providers')],
    [app.may('mirror_status'), m.mirror(), () => (app.sheet = 'mirror')],
    [
      true,
      dark ? m.action_theme_light() : m.action_theme_dark(),
      () => void app.settings.update({ theme: dark ? 'light' : 'dark' }),
    ],
    [true, 'English', () => void app.settings.update({ language: 'en' })],
    [true, '简体中文', () => void app.settings.update({ language: 'zh-CN' })],
  ];
  return list
    .filter(([offered]) => offered)
    .map(([, label, run]) => ({ id: label, group: m.palette_actions, label, run }));
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
