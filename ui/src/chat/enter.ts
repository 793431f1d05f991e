import type { SendKey } from '../protocol/generated';

/** WebKit ends a composition just before the key that ended it arrives; within this it still belongs to it. */
const AFTER_COMPOSITION_MS = 60;

/** Whether a key sends. `composed_at`: when the last composition ended, on the clock of `event.timeStamp`. */
export function sends(event: KeyboardEvent, send_key: SendKey, composed_at: number): boolean {
  if (event.key !== 'Enter') return false;
  // An Enter that chooses a candidate of an input method is not for us.
  if (event.isComposing || event.keyCode === 229) return false;
  if (Math.abs(event.timeStamp - composed_at) < AFTER_COMPOSITION_MS) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return send_key === 'enter' && !event.shiftKey && !event.altKey;
}
