import { m } from './paraglide/messages.js';
import type { App } from './state/app.svelte';
import { beginAnew, markable } from './state/marks';
import { ofInputMethod } from './ui/composing';

/** What can be done by a key, wherever one is. */
export interface Action {
  id: string;
  label: () => string;
  /** The usual keys: `Mod` is Ctrl, or Cmd on a Mac. */
  keys: string;
  offered: (app: App) => boolean;
  run: (app: App) => void;
}

const always = () => true;

export const ACTIONS: readonly Action[] = [
  {
    id: 'palette',
    label: m.palette,
    keys: 'Mod+K',
    offered: always,
    run: (app) => {
      app.sheet = app.sheet === 'palette' ? null : 'palette';
    },
  },
  {
    id: 'new',
    label: m.new_chat,
    keys: 'Mod+N',
    offered: (app) => app.may('conversation_create'),
    run: (app) => app.startNew(),
  },
  {
    id: 'find',
    label: m.find_here,
    keys: 'Mod+F',
    offered: (app) => app.open !== null && app.settings_section === null,
    run: (app) => {
      app.finding = true;
      // It may be there already.
      focus('find-here');
    },
  },
  {
    id: 'stop',
    label: m.stop,
    keys: 'Mod+.',
    offered: (app) => app.open?.state.live != null && app.may('answer_stop'),
    run: (app) => app.turns.stop(),
  },
  {
    id: 'regenerate',
    label: m.regenerate,
    keys: 'Mod+Shift+U',
    offered: (app) => app.may('answer_regenerate') && lastAnswer(app) !== undefined,
    run: (app) => {
      const answer = lastAnswer(app);
      if (answer) void app.turns.regenerate(answer.id);
    },
  },
  {
    id: 'copy',
    label: m.copy_answer,
    keys: 'Mod+Shift+Y',
    offered: (app) => lastAnswer(app) !== undefined,
    run: (app) => void import('./ui/copy').then(({ copy }) => copy(lastAnswer(app)?.text ?? '')),
  },
  {
    id: 'anew',
    label: m.begin_anew,
    keys: 'Mod+Shift+L',
    offered: (app) => markable(app) !== undefined,
    run: (app) => {
      const answer = markable(app);
      if (answer) void beginAnew(app, answer.id);
    },
  },
  { id: 'next', label: m.conversation_next, keys: 'Alt+ArrowDown', offered: always, run: (app) => step(app, 1) },
  { id: 'previous', label: m.conversation_previous, keys: 'Alt+ArrowUp', offered: always, run: (app) => step(app, -1) },
  {
    id: 'write',
    label: m.composer_focus,
    keys: 'Mod+J',
    offered: (app) => app.may('message_send'),
    run: () => focus('composer'),
  },
  {
    id: 'archive',
    label: m.archive_this,
    keys: '',
    offered: (app) => open(app) !== undefined && app.may('conversations_arrange'),
    run: (app) => {
      const conversation = open(app);
      if (conversation) void app.arranging.archive([conversation.id], !conversation.place.archived);
    },
  },
  {
    id: 'tag',
    label: m.tags_this,
    keys: '',
    offered: (app) => open(app) !== undefined && app.may('conversations_arrange'),
    run: (app) => {
      const conversation = open(app);
      if (conversation) app.arranging.asked = { what: 'tags', conversations: [conversation.id] };
    },
  },
  {
    id: 'project',
    label: m.project_new,
    keys: '',
    offered: (app) => app.may('project_save'),
    run: (app) => {
      app.arranging.asked = { what: 'project', project: null, move: [] };
    },
  },
  {
    id: 'select',
    label: m.select_some,
    keys: '',
    offered: (app) => app.may('conversations_arrange'),
    run: (app) => {
      app.drawer = true;
      app.arranging.selection.start();
    },
  },
  {
    id: 'settings',
    label: m.settings,
    keys: 'Mod+,',
    offered: (app) => app.may('settings_get'),
    run: (app) => {
      app.settings_section ??= 'providers';
    },
  },
  {
    id: 'shortcuts',
    label: m.s_shortcuts,
    keys: 'Mod+/',
    offered: (app) => app.may('settings_get'),
    run: (app) => {
      app.settings_section = 'shortcuts';
    },
  },
];

const ON_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** The keys of an action as they are set; empty if it has none. */
export function keysOf(action: Action, set: Readonly<Record<string, string | undefined>>): string {
  return set[action.id] ?? action.keys;
}

/** Keys as they stand on the keyboard. */
export function shown(keys: string): string {
  return keys
    .replace('Mod', ON_MAC ? '⌘' : 'Ctrl')
    .replace('ArrowDown', '↓')
    .replace('ArrowUp', '↑');
}

/** What was pressed, in the form keys are kept in; `null` if only modifiers were, or a plain letter. */
export function pressed(event: KeyboardEvent): string | null {
  if (['Control', 'Meta', 'Alt', 'Shift', 'AltGraph', 'Dead', 'Process'].includes(event.key)) return null;
  // What AltGr writes is a letter to its keyboard, not a command.
  if (ofInputMethod(event) || event.getModifierState?.('AltGraph')) return null;
  const mod = ON_MAC ? event.metaKey : event.ctrlKey;
  if (!mod && !event.altKey && !/^F\d+$/.test(event.key)) return null;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  // A sign that is written with Shift is named by itself.
  const shift = event.shiftKey && !/^[^A-Z0-9]$/.test(key);
  return [mod && 'Mod', event.altKey && 'Alt', shift && 'Shift', key].filter(Boolean).join('+');
}

/** Runs what the keys stand for. */
export function shortcut(event: KeyboardEvent, app: App): void {
  if (event.defaultPrevented || ofInputMethod(event)) return;
  if (event.key === 'Escape') {
    closeTopmost(app);
    return;
  }
  const keys = pressed(event);
  if (keys === null) return;
  const action = ACTIONS.find((one) => keysOf(one, app.settings.all.shortcuts) === keys);
  if (!action?.offered(app)) return;
  event.preventDefault();
  action.run(app);
}

function focus(id: string): void {
  const field = document.querySelector<HTMLElement>(`[data-testid=${id}]`);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}

/** Closes what is on top; dialogs close themselves. */
function closeTopmost(app: App): void {
  if (app.sheet !== null || app.arranging.asked !== null) return;
  if (app.arranging.selection.on) app.arranging.selection.end();
  else if (app.drawer) app.drawer = false;
  else if (app.finding) {
    app.finding = false;
    focus('composer');
  } else app.settings_section = null;
}

/** The conversation that is open, if it has a place: one that is in memory only has none. */
function open(app: App) {
  const conversation = app.open && app.library.get(app.open.state.id);
  return conversation && !conversation.temporary ? conversation : undefined;
}

function lastAnswer(app: App) {
  const last = app.open?.state.messages.at(-1);
  return last?.author === 'assistant' && app.open?.state.live === null ? last : undefined;
}

function step(app: App, by: number): void {
  const list = app.library.shown;
  const at = list.findIndex((one) => one.id === app.open?.state.id);
  const next = list[at < 0 ? 0 : at + by];
  if (next) void app.show(next.id);
}
