import { expect, it } from 'vitest';
import { contextUsed } from './context';

const none = {
  input_tokens: null,
  output_tokens: null,
  reasoning_tokens: null,
  cached_tokens: null,
  cache_write_tokens: null,
  micros: null,
};
const said = (text: string, usage: Parameters<typeof contextUsed>[0][number]['usage'] = null) => ({
  text,
  usage,
  attachments: [],
});

it('counts what the vendor counted, and estimates only what came after', () => {
  const counted = { ...none, input_tokens: 1000, output_tokens: 200 };
  const long = 'x'.repeat(40_000);
  expect(contextUsed([said(long), said(long, counted)])).toBe(1200);
  expect(contextUsed([said(long), said(long, counted), said('x'.repeat(400))])).toBe(1300);
});

it('estimates where nothing was counted', () => {
  expect(contextUsed([])).toBe(0);
  expect(contextUsed([said('x'.repeat(400)), said('水'.repeat(14), none)])).toBe(110);
});
