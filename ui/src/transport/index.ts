import { HttpTransport } from './http';
import { TauriTransport } from './tauri';
import type { Transport } from './types';

/** The transport of the host that shows this page. Both come with the page: to fetch one would hold up its start. */
export function connect(): Transport {
  return '__TAURI_INTERNALS__' in window ? new TauriTransport() : new HttpTransport();
}
