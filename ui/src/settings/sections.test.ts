import { describe, expect, it } from 'vitest';
import { inView } from './sections';

const tops = (first: number) => [
  { id: 'providers' as const, top: first },
  { id: 'cost' as const, top: first + 900 },
  { id: 'privacy' as const, top: first + 1300 },
  { id: 'about' as const, top: first + 1500 },
];

describe('the section that is read', () => {
  it('is the last whose heading came into the upper part of the page', () => {
    expect(inView(tops(20), 600, null)).toBe('providers');
    expect(inView(tops(-700), 600, null)).toBe('providers');
    expect(inView(tops(-800), 600, null)).toBe('cost');
    expect(inView(tops(-1400), 600, null)).toBe('about');
  });

  it('is the one that was asked for where the page ends, if it can be seen', () => {
    expect(inView(tops(-1000), 600, 'about')).toBe('about');
    expect(inView(tops(-1000), 600, 'privacy')).toBe('privacy');
    expect(inView(tops(-1000), 600, 'providers')).toBe('cost');
  });

  it('is none where none was found', () => {
    expect(inView([], 600, 'about')).toBeUndefined();
  });
});
