import { expect, it } from 'vitest';
import { request, WIDE } from './search.svelte';

it('asks for what stands in the fields, and for nothing that is no date', () => {
  expect(request(' heron ', WIDE)).toEqual({ query: 'heron' });
  const narrowed = {
    ...WIDE,
    project: 'p',
    tag: ' work ',
    author: 'user' as const,
    since: '2026-03-29',
    until: '2026-03-29',
  };
  const asked = request('', narrowed);
  expect(asked).toMatchObject({ query: '', project: 'p', tag: 'work', author: 'user' });
  // A whole day by the calendar here, be it of 23 hours.
  expect(asked.since).toBe(new Date(2026, 2, 29).getTime());
  expect(asked.until).toBe(new Date(2026, 2, 30).getTime());
  for (const since of ['soon', '2026-', '99999-01-01', '-1', '1066-10-14', '2026-03-29T10:00']) {
    expect(request('a', { ...WIDE, since })).toEqual({ query: 'a' });
  }
});
