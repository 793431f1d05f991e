import { expect, it } from 'vitest';
import type { Draft } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { Drafts } from './drafts';

/** A core that keeps drafts. */
function core(host: 'window' | 'browser') {
  const kept = new Map<string | null, string>([['a', 'from before']]);
  const calls: string[] = [];
  const call = async (name: string, { conversation = null, text }: Partial<Draft>) => {
    calls.push(name);
    if (name === 'draft_put') kept.set(conversation, text ?? '');
    return { conversation, text: kept.get(conversation) ?? '' };
  };
  return { kept, calls, drafts: new Drafts({ host, call } as unknown as Transport) };
}

it('of the window are the core’s, asked for once and kept when they change', async () => {
  const { kept, calls, drafts } = core('window');
  expect([drafts.known('a'), await drafts.get('a'), drafts.known('a')]).toEqual([
    undefined,
    'from before',
    'from before',
  ]);
  drafts.now('a', 'from before');
  expect(calls).toEqual(['draft_get']);
  drafts.now('a', 'more');
  drafts.now(null, 'new');
  expect([kept.get('a'), kept.get(null), await drafts.get('a')]).toEqual(['more', 'new', 'more']);
});

it('of a conversation that shall be on no disk never leave the page', async () => {
  const { calls, drafts } = core('window');
  drafts.now(null, 'secret', false);
  expect([await drafts.get(null), calls]).toEqual(['secret', []]);
});

it('written while the core was asked win', async () => {
  const { drafts } = core('window');
  const asked = drafts.get('a');
  drafts.now('a', 'typed', false);
  expect(await asked).toBe('typed');
});

it('of a browser stay in its tab', async () => {
  const { calls, drafts } = core('browser');
  drafts.now('a', 'mine');
  expect([await drafts.get('a'), await drafts.get('b'), calls]).toEqual(['mine', '', []]);
  drafts.now('a', '');
  expect(sessionStorage.length).toBe(0);
});
