import './ui/tokens.css';
import './ui/base.css';
import { mount } from 'svelte';
import Page from './App.svelte';
import { App, setApp } from './state/app.svelte';
import { handOver } from './still';
import { connect } from './transport';
import { fetchLazyParts } from './ui/lazy.svelte';

const app = new App(await connect());
setApp(app);
mount(Page, { target: document.getElementById('app') as HTMLElement });
await app.start();
// Also where the page could not be loaded: a still would cover what it says.
handOver();
// The rest of the page waits for somebody: until then it would only take memory.
for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, fetchLazyParts, { once: true, capture: true });
