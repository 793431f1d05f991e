import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Batch, Event, LibraryEvent } from '../protocol/generated';
import { Feed, type Watch } from './feed';
import type { Connection } from './types';

/** A stream that was asked for, under the test's control. */
interface Opened {
  url: string;
  answer(): void;
  send(event: string, data: unknown): void;
  end(): void;
  aborted(): boolean;
}

let opened: Opened[];

beforeEach(() => {
  opened = [];
  vi.stubGlobal('fetch', (url: string, { signal }: RequestInit) => ask(url, signal as AbortSignal));
});
afterEach(() => vi.unstubAllGlobals());

function ask(url: string, signal: AbortSignal): Promise<Response> {
  let control: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      control = given;
    },
  });
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new DOMException('aborted', 'AbortError'));
      try {
        control.error(new DOMException('aborted', 'AbortError'));
      } catch {
        // It had ended.
      }
    });
    opened.push({
      url,
      answer: () => resolve(new Response(body)),
      send: (event, data) =>
        control.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)),
      end: () => control.close(),
      aborted: () => signal.aborted,
    });
  });
}

const turn = () => new Promise((done) => setTimeout(done));

async function stream(at: number): Promise<Opened> {
  await vi.waitFor(() => expect(opened.length).toBeGreaterThan(at));
  return opened[at] as Opened;
}

function batch(conversation: string, after: number, head: number): Batch {
  const events = Array.from({ length: head - after }, (_, at) => ({
    seq: after + at + 1,
    message: 'm',
    type: 'text',
    text: 'x',
    offset: after + at,
  }));
  return { conversation, after, head, events: events as Event[] };
}

/** Somebody who notes the numbers of what they are shown. */
function reader(conversation: string, after: number): Watch & { numbers: number[]; refusals: string[] } {
  const numbers: number[] = [];
  const refusals: string[] = [];
  const onBatch = (got: Batch) => {
    expect(got.after).toBe(numbers.at(-1) ?? after);
    numbers.push(...got.events.map(({ seq }) => seq));
  };
  return { conversation, after, onBatch, onRefused: ({ code }) => refusals.push(code), numbers, refusals };
}

it('shows any number of conversations to any number of readers by one stream', async () => {
  const feed = new Feed('t', () => {});
  const [one, two, three] = [reader('a', 4), reader('a', 2), reader('b', 0)];
  for (const each of [one, two, three]) feed.watch(each);
  const only = await stream(0);
  expect(only.url).toBe('/api/feed?conversations=a:2,b:0');
  only.answer();
  only.send('batch', batch('a', 2, 6));
  only.send('batch', batch('b', 0, 1));
  await vi.waitFor(() => expect([one.numbers, two.numbers, three.numbers]).toEqual([[5, 6], [3, 4, 5, 6], [1]]));
  expect(opened.length).toBe(1);
});

it('keeps the stream it has until the next one is open, and shows nothing twice', async () => {
  const feed = new Feed('t', () => {});
  const early = reader('a', 0);
  feed.watch(early);
  const first = await stream(0);
  first.answer();
  first.send('batch', batch('a', 0, 2));
  await vi.waitFor(() => expect(early.numbers).toEqual([1, 2]));
  const late = reader('a', 0);
  feed.watch(late);
  const second = await stream(1);
  expect(second.url).toBe('/api/feed?conversations=a:0');
  first.send('batch', batch('a', 2, 3));
  await vi.waitFor(() => expect(early.numbers).toEqual([1, 2, 3]));
  expect(late.numbers).toEqual([]);
  expect(first.aborted()).toBe(false);
  second.answer();
  second.send('batch', batch('a', 0, 4));
  await vi.waitFor(() =>
    expect([early.numbers, late.numbers]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]),
  );
  expect(first.aborted()).toBe(true);
});

it('says that library events may be missing only if there was no stream for a while', async () => {
  const said: Connection[] = [];
  const feed = new Feed('t', (connection) => said.push(connection));
  const library: LibraryEvent[] = [];
  feed.library((event) => library.push(event));
  (await stream(0)).answer();
  await vi.waitFor(() => expect(said).toEqual(['live']));
  feed.watch(reader('a', 0));
  (await stream(1)).answer();
  await vi.waitFor(() => expect(said).toEqual(['live', 'live']));
  expect(library).toEqual([]);
  opened[1]?.end();
  (await stream(2)).answer();
  await vi.waitFor(() => expect(library).toEqual([{ type: 'missed' }]));
  expect(said.filter((connection) => connection === 'lost').length).toBe(1);
});

it('tells those whom it concerns that a conversation is refused, and ends with the last reader', async () => {
  const feed = new Feed('t', () => {});
  const [good, bad] = [reader('a', 0), reader('b', 0)];
  const ends = [feed.watch(good), feed.watch(bad)];
  const only = await stream(0);
  only.answer();
  only.send('refused', { conversation: 'b', error: { code: 'not_found', message: 'no' } });
  await vi.waitFor(() => expect([good.refusals, bad.refusals]).toEqual([[], ['not_found']]));
  for (const end of ends) end();
  await turn();
  expect(only.aborted()).toBe(true);
  expect(opened.length).toBe(1);
});
