import { HttpTransport, takeCode } from './http';
import { TauriTransport } from './tauri';
import type { Transport } from './types';

/** The transport of the host that shows this page. Both come with the page: to fetch one would hold up its start. */
export async function connect(): Promise<Transport> {
  if ('__TAURI_INTERNALS__' in window) return new TauriTransport();
  await takeCode();
  return new HttpTransport();
}
