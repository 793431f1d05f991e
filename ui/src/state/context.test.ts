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
  mark: null as Parameters<typeof contextUsed>[0][number]['mark'],
  created_at: 5,
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

it('counts from the last mark on, and nothing that was counted before it was made', () => {
  const counted = { ...none, input_tokens: 1000, output_tokens: 200 };
  const summary = { text: 'x'.repeat(40), messages: 2, provider: null, model: null, edited: false };
  const anew = { ...said('old', counted), mark: { at: 9, summary: null } };
  expect(contextUsed([said('older'), anew])).toBe(0);
  expect(contextUsed([anew, said('x'.repeat(400))])).toBe(100);
  const summed = { ...anew, mark: { at: 9, summary } };
  expect(contextUsed([summed, said('x'.repeat(400), counted)])).toBe(110);
  expect(contextUsed([summed, { ...said('x', counted), created_at: 10 }])).toBe(1200);
});
