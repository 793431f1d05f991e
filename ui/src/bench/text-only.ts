/**
 * The other reference page: appends each token's text to one node, with no Markdown, fed straight by the upstream. A
 * driver calls `textOnly(url)`; `shownAt` is when the last token was on the page, in milliseconds since the epoch.
 */
import { column } from './column';

interface Probe {
  textOnly?: (url: string) => Promise<void>;
  shownAt?: number;
}

const probe = window as Window & Probe;
const { view, content } = column();
content.style.whiteSpace = 'pre-wrap';
const node = document.createTextNode('');
content.append(node);
let asked = false;

probe.textOnly = async (url) => {
  const reply = await fetch(url, { method: 'POST', body: '{}' });
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const events = (rest + read.value).split('\n\n');
    rest = events.pop()!;
    for (const event of events) take(event.slice('data: '.length));
  }
};

function take(data: string): void {
  if (data === '[DONE]') return;
  const token = JSON.parse(data).choices[0].delta.content as string | undefined;
  if (token === undefined) return;
  node.appendData(token);
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    view.scrollTop = view.scrollHeight;
    probe.shownAt = performance.timeOrigin + performance.now();
  });
}
