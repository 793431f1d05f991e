import type { App } from './state/app.svelte';

/** The keys that work wherever one is. */
export function shortcut(event: KeyboardEvent, app: App): void {
  if (event.key === 'Escape' && !event.defaultPrevented) {
    closeTopmost(app);
    return;
  }
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act(app);
}

const KEYS: Record<string, (app: App) => void> = {
  k: (app) => {
    app.sheet = app.sheet === 'palette' ? null : 'palette';
  },
  n: (app) => app.may('conversation_create') && app.startNew(),
  ',': (app) => {
    if (app.may('settings_get')) app.settings_section ??= 'providers';
  },
  '.': (app) => app.stop(),
};

/** Closes what is on top; dialogs close themselves. */
function closeTopmost(app: App): void {
  if (app.sheet !== null) return;
  if (app.drawer) app.drawer = false;
  else app.settings_section = null;
}
