/** What a frame is told, once, by the page around it. */
export interface Shown {
  text: string;
  dark: boolean;
  /** What a screen reader calls it. */
  title: string;
  /** The interface's language. */
  language: string;
}

/** What a frame says: how high it is, or why nothing is shown. */
export type Said = { height: number } | { problem: string };

/** Waits for what is to be shown, shows it, and says how high that is whenever it changes. */
export function frame(show: (shown: Shown) => Promise<void> | void): void {
  addEventListener('message', async function once(event: MessageEvent<Shown>) {
    const [port] = event.ports;
    if (event.source !== parent || port === undefined) return;
    removeEventListener('message', once);
    document.title = event.data.title;
    document.documentElement.lang = event.data.language;
    try {
      await show(event.data);
    } catch (thrown) {
      port.postMessage({ problem: thrown instanceof Error ? thrown.message : String(thrown) } satisfies Said);
      return;
    }
    const tell = () => port.postMessage({ height: document.documentElement.offsetHeight } satisfies Said);
    new ResizeObserver(tell).observe(document.documentElement);
    tell();
  });
}

/** What would run, load, lead elsewhere or ask for a name: no policy lets it, and it is not put into the page either. */
const NEVER = 'script, meta, base, link, iframe, frame, frameset, object, embed, portal';
const LEADING = ['href', 'xlink:href', 'action', 'formaction', 'ping', 'target'];

/** Shows markup as it stands: no script of it runs, nothing is fetched, nothing leads out. */
export function showMarkup(markup: string): void {
  // What a parser of its own makes has no page, so nothing of it begins to load.
  const made = new DOMParser().parseFromString(markup, 'text/html');
  for (const element of made.querySelectorAll(NEVER)) element.remove();
  for (const element of made.querySelectorAll('*')) {
    for (const { name, value } of [...element.attributes]) {
      const leads = LEADING.includes(name) && !/^(#|data:image\/)/.test(value);
      if (leads || name.startsWith('on')) element.removeAttribute(name);
    }
  }
  if (made.documentElement.lang !== '') document.documentElement.lang = made.documentElement.lang;
  document.head.append(...made.head.childNodes);
  document.body.replaceWith(document.adoptNode(made.body));
}
