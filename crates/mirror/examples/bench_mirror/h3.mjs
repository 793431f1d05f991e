// What the mirror is compared with: the events of an answer, pushed to every viewer by h3's `createEventStream`.
// `node h3.mjs FOLDER TOKENS EVERY_MS`; FOLDER has h3 in node_modules.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, tokens, every] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const h3 = await import(pathToFileURL(createRequire(join(folder, 'x.js')).resolve('h3')).href);
const { createApp, createEventStream, createRouter, defineEventHandler, toNodeListener } = h3.default ?? h3;

const viewers = new Set();
const message = '0193a1b2-0000-7000-8000-000000000000';
let text = '';

function push(seq, event, data) {
  for (const viewer of viewers) viewer.push({ id: String(seq), event, data });
}

/** One token, with the time at which it was made, as the mirror's upstream does. */
function token(seq) {
  const piece = `${String(process.hrtime.bigint() / 1000n).padStart(15, '0')} `;
  push(seq, 'text', JSON.stringify({ seq, message, type: 'text', text: piece, offset: text.length }));
  text += piece;
}

function start() {
  const began = performance.now();
  let made = 0;
  const timer = setInterval(() => {
    // As many as are due: a timer that comes late makes up for it.
    while (made < tokens && performance.now() - began >= made * every) token(++made);
    if (made < tokens) return;
    clearInterval(timer);
    push(made + 1, 'finished', JSON.stringify({ seq: made + 1, message, type: 'finished' }));
  }, every);
}

const router = createRouter()
  .get(
    '/api/sse',
    defineEventHandler((event) => {
      const viewer = createEventStream(event);
      viewers.add(viewer);
      viewer.onClosed(() => viewers.delete(viewer));
      // The head goes out with the first bytes; without them a viewer does not know that it is connected.
      viewer.pushComment?.('connected') ?? viewer.push({ event: 'open', data: '{}' });
      return viewer.send();
    }),
  )
  .post('/start', defineEventHandler(() => (start(), 'started')))
  .get('/text', defineEventHandler(() => text));

const server = createServer(toNodeListener(createApp().use(router)));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
