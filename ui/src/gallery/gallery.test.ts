import { flushSync, mount, unmount } from 'svelte';
import { expect, it, vi } from 'vitest';
import { SECTIONS } from '../settings/sections';
import { failures } from '../words/sentences';
import Gallery from './Gallery.svelte';
import { prepare } from './prepare';

it('shows every component in every state', async () => {
  // jsdom has no media; who wants no motion needs no animations of it either.
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  await prepare();
  const page = mount(Gallery, { target: document.body });
  flushSync();
  const shown = (selector: string) => document.querySelectorAll(selector).length;
  for (const state of ['complete', 'stopped', 'interrupted', 'running', 'failed'])
    expect(shown(`[data-testid=answer][data-state=${state}]`), state).toBeGreaterThan(0);
  expect(shown('[data-state=failed]')).toBe(Object.keys(failures).length);
  const headings = [...document.querySelectorAll('h3')].map((heading) => heading.textContent);
  for (const { title } of SECTIONS) expect(headings).toContain(`Settings: ${title()}`);
  await unmount(page);
  // It reads the whole page's code first.
}, 120_000);
