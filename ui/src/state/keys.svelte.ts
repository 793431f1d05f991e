import { app } from './app.svelte';

/** What keys do. Fetched after the first picture: nobody presses one before. */
let table = $state.raw<typeof import('../shortcuts') | null>(null);

export async function fetchKeys(): Promise<void> {
  table = await import('../shortcuts');
}

/** Runs what a key stands for. */
export function press(event: KeyboardEvent): void {
  table?.shortcut(event, app());
}

/** The keys of an action as they stand on the keyboard; empty if it has none, or it is not known yet. */
export function keysFor(id: string): string {
  const action = table?.ACTIONS.find((one) => one.id === id);
  return table && action ? table.shown(table.keysOf(action, app().settings.all.shortcuts)) : '';
}

/** What a button is called where the pointer rests on it: with the keys that do the same. */
export function withKeys(name: string, id: string): string {
  const keys = keysFor(id);
  return keys === '' ? name : `${name} (${keys})`;
}
