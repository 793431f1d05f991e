import { expect, it } from 'vitest';
import type { Failure } from '../protocol/generated';
import { ending } from './ending';

const cut: Failure = {
  code: 'cut',
  host: 'h',
  status: null,
  detail: null,
  retry_after_ms: null,
  proxy: null,
};

it('an answer that its provider goes on with is gone on with first, and nobody is sent to try again before', () => {
  const failed = { state: 'failed', text: '', failure: { ...cut, goes_on: true }, finish_reason: null } as const;
  const told = ending(failed);
  expect(told?.steps).toEqual(['continue', 'retry']);
  expect(told?.sentence).toContain('Going on takes it up where it was');
  expect(told?.sentence).not.toContain('then try again');
  const key = ending({ ...failed, failure: { ...cut, code: 'no_key', goes_on: true } });
  expect(key?.steps).toEqual(['continue', 'key', 'retry']);
  expect(ending({ ...failed, failure: cut })?.steps).toEqual(['retry']);
});
