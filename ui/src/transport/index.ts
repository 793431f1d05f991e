import type { Transport } from './types';

/** The transport of the host that shows this page. */
export async function connect(): Promise<Transport> {
  if ('__TAURI_INTERNALS__' in window) {
    const { TauriTransport } = await import('./tauri');
    return new TauriTransport();
  }
  const { HttpTransport } = await import('./http');
  return new HttpTransport();
}
