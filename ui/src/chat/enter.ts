import type { SendKey } from '../protocol/generated';
import { ofInputMethod } from '../ui/composing';

/** Whether a key sends. */
export function sends(event: KeyboardEvent, send_key: SendKey): boolean {
  if (event.key !== 'Enter' || ofInputMethod(event)) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return send_key === 'enter' && !event.shiftKey && !event.altKey;
}
