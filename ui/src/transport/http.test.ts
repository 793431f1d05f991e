import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Batch, LibraryEvent } from '../protocol/generated';
import { HttpTransport } from './http';
import type { Connection } from './types';

/** A server that does what a test says, and the requests it got. */
let server: Server;
let requests: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const ask = globalThis.fetch;
/** Ends what a test watches: nothing of it may reach the next one's server. */
const stops: (() => void)[] = [];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => ask(base + path, init));
  location.hash = '#token=LINK-TOKEN';
});

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.unstubAllGlobals();
  server.closeAllConnections();
  server.close();
});

function stream(response: ServerResponse, ...events: string[]): ServerResponse {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write(`retry: 2000\n${events.map((event) => `${event}\n\n`).join('')}`);
  return response;
}

/** A batch of text events with these numbers, after the number before them. */
function text(...numbers: number[]): string {
  const events = numbers.map((seq) => ({ seq, message: 'm', type: 'text', text: 'x', offset: seq - 1 }));
  const batch = { conversation: 'c', after: (numbers[0] ?? 1) - 1, head: numbers.at(-1), events };
  return `event: batch\ndata: ${JSON.stringify(batch)}`;
}

it('takes the token out of the address at once and sends it in a header only', async () => {
  answer = (_, response) => response.end('{}');
  const transport = new HttpTransport();
  expect(location.href).not.toContain('LINK-TOKEN');
  await transport.call('app_info', {});
  expect(requests[0]?.headers.authorization).toBe('Bearer LINK-TOKEN');
  expect(requests[0]?.headers['content-type']).toBe('application/json');
  expect(requests[0]?.url).toBe('/api/rpc/app_info');
});

it('shows a conversation and the library by one stream', async () => {
  answer = (_, response) => stream(response, text(1), 'event: library\ndata: {"type":"missed"}');
  const transport = new HttpTransport();
  const batches: Batch[] = [];
  const library: LibraryEvent[] = [];
  stops.push(transport.watch('c', 0, (batch) => batches.push(batch), fail));
  stops.push(transport.library((event) => library.push(event)));
  await vi.waitFor(() => expect([batches.length, library.length]).toEqual([1, 1]));
  expect(requests.map((request) => request.url)).toEqual(['/api/feed?conversations=c:0&library=1']);
});

it('comes back by the last number it saw, and says so to the page', async () => {
  answer = (_, response) => {
    if (requests.length === 1) stream(response, text(1, 2)).end();
    else stream(response, text(3));
  };
  const transport = new HttpTransport();
  const said: Connection[] = [];
  const numbers: number[] = [];
  transport.onConnection((connection) => said.push(connection));
  stops.push(transport.watch('c', 0, (batch) => numbers.push(...batch.events.map((event) => event.seq)), fail));
  await vi.waitFor(() => expect(numbers).toEqual([1, 2, 3]), 10_000);
  expect(requests[1]?.url).toBe('/api/feed?conversations=c:2');
  expect(said).toEqual(['live', 'lost', 'live']);
});

it('asks less and less often while nobody answers', async () => {
  const pauses: number[] = [];
  vi.stubGlobal('setTimeout', (then: () => void, pause: number) => {
    if (pause >= 20_000) return 0;
    pauses.push(pause);
    if (pauses.length < 8) queueMicrotask(then);
    return 0;
  });
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
  const transport = new HttpTransport();
  stops.push(transport.watch('c', 0, fail, fail));
  for (let turn = 0; turn < 1000 && pauses.length < 8; turn++) await Promise.resolve();
  expect(pauses.length).toBe(8);
  pauses.forEach((pause, at) => {
    const middle = Math.min(500 * 2 ** at, 10_000);
    expect(Math.abs(pause - middle)).toBeLessThanOrEqual(middle / 4);
  });
});

it('asks no more once the link has ended', async () => {
  answer = (_, response) => response.writeHead(401).end('{"code":"forbidden","message":"no"}');
  const transport = new HttpTransport();
  const said: Connection[] = [];
  transport.onConnection((connection) => said.push(connection));
  stops.push(transport.watch('c', 0, fail, fail));
  await vi.waitFor(() => expect(said).toEqual(['live', 'ended']));
  expect(requests.length).toBe(1);
});

it('dispatches no event but those it knows', async () => {
  const code = "window.ran = true; document.body.innerHTML = '<img src=x onerror=alert(1)>'";
  const data = JSON.stringify({ type: 'chat:completion', code, html: '<script>window.ran = true</script>' });
  const names = ['execute', 'eval', 'message', 'open', 'constructor', '__proto__'];
  const strange = names.flatMap((name) => ['', 'id: 1\n'].map((id) => `${id}event: ${name}\ndata: ${data}`));
  const evil = { conversation: 'c', after: 0, head: 1, events: [{ seq: 1, message: 'm', type: 'execute', code }] };
  const inside = `event: batch\ndata: ${JSON.stringify(evil)}`;
  answer = (_, response) => stream(response, ...strange, inside, text(2));
  const transport = new HttpTransport();
  const events: string[] = [];
  stops.push(transport.watch('c', 0, (batch) => events.push(...batch.events.map((event) => event.type)), fail));
  await vi.waitFor(() => expect(events).toEqual(['text']));
  expect('ran' in window).toBe(false);
  expect(document.body.innerHTML).toBe('');
});

function fail(): never {
  throw new Error('this was not to be called');
}
