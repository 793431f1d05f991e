import { HttpTransport, takeCode } from './http';
import { rescueDesk, TauriTransport } from './tauri';
import type { RescueDesk, Transport } from './types';

/** The transport of the host that shows this page. Both come with the page: to fetch one would hold up its start. */
export async function connect(): Promise<Transport> {
  if ('__TAURI_INTERNALS__' in window) return new TauriTransport();
  await takeCode();
  return new HttpTransport();
}

/** Set by a window whose core did not start when it was opened; it may have since. */
export function desk(): RescueDesk | null {
  return '__RIVULET_TROUBLE__' in window ? rescueDesk : null;
}
