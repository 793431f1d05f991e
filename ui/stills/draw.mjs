// Draws the first picture of the built page, in one language, with nothing in it yet: `node draw.mjs DIST LANGUAGE`
// prints the markup. The page itself draws it, so the still cannot differ from what takes its place.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { JSDOM } from 'jsdom';

const [dist, language] = process.argv.slice(2);
const index = readFileSync(`${dist}/index.html`, 'utf8');
const { window } = new JSDOM(index, { url: 'http://localhost/', pretendToBeVisual: true });

/** What the core answers before it is asked; what it does not answer here stays open. */
window.__RIVULET_ANSWERS__ = {
  settings_get: {
    language,
    theme: 'light',
    welcomed: true,
    accent: 'river',
    density: 'usual',
    text_size: 100,
    stylesheet: '',
    shortcuts: {},
    favourites: [],
  },
  app_info: { version: '', role: 'window' },
  conversations_list: { conversations: [], has_more: false },
  projects_list: [],
  tags_list: [],
  assistants_list: [],
  models_list: [],
  draft_get: { conversation: null, text: '' },
};
window.matchMedia = () => ({ matches: false, addEventListener() {}, removeEventListener() {} });
window.__TAURI_INTERNALS__ = { invoke: () => new Promise(() => {}), transformCallback: () => 0 };
for (const name of Object.getOwnPropertyNames(window)) {
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { get: () => window[name], configurable: true });
}

const script = index.match(/ src="\/(assets\/[^"]+\.js)"/)[1];
// Not waited for: it goes on to ask for what nobody answers here.
import(pathToFileURL(`${dist}/${script}`));
const deadline = Date.now() + 20_000;
while (document.documentElement.lang !== language || document.querySelector('#app textarea') === null) {
  if (Date.now() > deadline) throw new Error(`${language}: nothing was drawn: ${document.body.innerHTML}`);
  await new Promise((soon) => setTimeout(soon, 5));
}
document.querySelector('#app textarea').autofocus = true;
// Tests mean the page itself; a style written into markup is let in by no policy.
for (const element of document.querySelectorAll('#app *')) {
  element.removeAttribute('data-testid');
  element.removeAttribute('style');
}
process.stdout.write(document.getElementById('app').innerHTML.replace(/<!--.*?-->/g, ''));
process.exit(0);
