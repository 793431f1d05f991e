import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { answers, conversation, running } from '../gallery/samples';
import { Answers } from '../gallery/transport';
import { m } from '../paraglide/messages.js';
import type { PathMessage } from '../protocol/generated';
import { App, setApp } from '../state/app.svelte';
import { OpenConversation } from '../state/conversation.svelte';
import type { LiveMessage } from '../state/reduce';
import Announcer from './Announcer.svelte';

const PACE_S = 3;
let app: App;
let open: OpenConversation;
let page: object;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const transport = new Answers();
  app = new App(transport);
  setApp(app);
  app.settings.all = { ...app.settings.all, announce: 'sentences', announce_seconds: PACE_S };
  open = new OpenConversation(transport, { conversation, messages: answers, has_older: false, notice: null });
  page = mount(Announcer, { target: document.body, props: { open } });
});

afterEach(async () => {
  await unmount(page);
  vi.useRealTimers();
});

/** What the live region says when the answer has come so far. */
function told(text: string): string {
  const live = { ...(running[0] as LiveMessage), id: 'growing', text };
  open.state = { ...open.state, live };
  return region();
}

function ended(over: Partial<PathMessage>): PathMessage {
  return { ...(answers[1] as PathMessage), id: 'growing', ...over };
}

function region(): string {
  flushSync();
  return document.querySelector('[aria-live=polite]')?.textContent ?? '';
}

function wait(ms: number): string {
  vi.advanceTimersByTime(ms);
  return region();
}

it('says whole sentences, and no oftener than it is set', () => {
  expect(told('')).toBe(m.state_streaming());
  expect(told('The ri')).toBe(m.state_streaming());
  expect(told('The river runs. It do')).toBe('The river runs.');
  expect(told('The river runs. It does not stop. And')).toBe('The river runs.');
  expect(wait(PACE_S * 1000 - 1)).toBe('The river runs.');
  // The model pauses here; what is whole waits for its time and not for the next token.
  expect(wait(1)).toBe('It does not stop.');
  expect(wait(60_000)).toBe('It does not stop.');
  expect(told('The river runs. It does not stop. And then it does. ')).toBe('And then it does.');
});

it('says the rest and that it ended, at once', () => {
  told('One. ');
  told('One. Two. And a ha');
  open.state = { ...open.state, live: null, messages: [ended({ text: 'One. Two. And a half' })] };
  expect(region()).toBe(`Two. And a half ${m.announce_end()}`);
});

it('says how it ended, if not by itself', () => {
  told('One. ');
  open.state = { ...open.state, live: null, messages: [ended({ text: 'One. Tw', state: 'stopped' })] };
  expect(region()).toBe(`Tw ${m.state_stopped()}`);
});

it('says only that an answer comes and that it ended, where that is set', () => {
  app.settings.all = { ...app.settings.all, announce: 'ends' };
  expect(told('One. ')).toBe(m.state_streaming());
  expect(told('One. Two. ')).toBe(m.state_streaming());
  open.state = { ...open.state, live: null, messages: [ended({ text: 'One. Two.' })] };
  expect(region()).toBe(m.announce_end());
});

it('says nothing, where that is set', () => {
  app.settings.all = { ...app.settings.all, announce: 'off' };
  expect(told('One. ')).toBe('');
  open.state = { ...open.state, live: null, messages: [ended({ text: 'One.' })] };
  expect(region()).toBe('');
});
