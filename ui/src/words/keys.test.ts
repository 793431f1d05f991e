import { expect, it } from 'vitest';
import type { KeyInfo } from '../protocol/generated';
import { keyName, keyState } from './keys';

const key: KeyInfo = {
  origin: 'https://example.com',
  last_four: '1234',
  kept_in: 'keyring',
  set_at: 0,
  last_used: null,
  number: 1,
  label: '',
  problem: null,
};

it('names a key by what a person calls it, else by its number', () => {
  expect(keyName(key)).toBe('Key 2');
  expect(keyName({ ...key, label: 'Work' })).toBe('Work');
});

it('tells how a key fared when it was last used', () => {
  const now = 10 * 60_000;
  expect(keyState(key, now)).toMatch(/1234/);
  const refused = { ...key, last_used: 0, problem: { code: 'unauthorized', at: 0 } } as const;
  expect(keyState(refused, now)).toMatch(/refused 10 minutes ago$/);
  expect(keyState({ ...refused, problem: { code: 'quota', at: 0 } }, now)).toMatch(/used up 10 minutes ago$/);
});
