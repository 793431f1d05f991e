import './ui/tokens.css';
import './ui/base.css';
import { mount } from 'svelte';
import Page from './App.svelte';
import type { Trouble } from './protocol/generated';
import { App, setApp } from './state/app.svelte';
import { language } from './state/language.svelte';
import { handOver } from './still';
import { connect, desk } from './transport';
import type { RescueDesk } from './transport/types';
import { fetchLazyParts } from './ui/lazy.svelte';

const target = document.getElementById('app') as HTMLElement;

async function start(): Promise<void> {
  const app = new App(await connect());
  setApp(app);
  mount(Page, { target });
  await app.start();
  // Also where the page could not be loaded: a still would cover what it says.
  handOver();
  // The rest of the page waits for somebody: until then it would only take memory.
  for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, fetchLazyParts, { once: true, capture: true });
}

/** A window whose core did not start says why, and nothing else. */
async function help(rescue: RescueDesk, first: Trouble): Promise<void> {
  const { default: TroublePage } = await import('./welcome/Trouble.svelte');
  await language.choose(first.language);
  mount(TroublePage, { target, props: { desk: rescue, first } });
}

const rescue = desk();
const trouble = rescue && (await rescue.trouble());
if (rescue && trouble) await help(rescue, trouble);
else await start();
