import { describe, expect, it } from 'vitest';
import { sends } from './enter';

const LONG_AGO = Number.NEGATIVE_INFINITY;
const key = (over: KeyboardEventInit & { keyCode?: number } = {}) =>
  new KeyboardEvent('keydown', { key: 'Enter', ...over });

describe('Enter', () => {
  it('sends, with shift it does not', () => {
    expect(sends(key(), 'enter', LONG_AGO)).toBe(true);
    expect(sends(key({ shiftKey: true }), 'enter', LONG_AGO)).toBe(false);
    expect(sends(key({ key: 'a' }), 'enter', LONG_AGO)).toBe(false);
  });

  it('sends only with Ctrl or Cmd if so chosen', () => {
    expect(sends(key(), 'mod_enter', LONG_AGO)).toBe(false);
    expect(sends(key({ ctrlKey: true }), 'mod_enter', LONG_AGO)).toBe(true);
    expect(sends(key({ metaKey: true }), 'mod_enter', LONG_AGO)).toBe(true);
  });

  it('of an input method does not send', () => {
    expect(sends(key({ isComposing: true }), 'enter', LONG_AGO)).toBe(false);
    expect(sends(key({ keyCode: 229 }), 'enter', LONG_AGO)).toBe(false);
    const event = key();
    expect(sends(event, 'enter', event.timeStamp - 5)).toBe(false);
    expect(sends(event, 'enter', event.timeStamp - 500)).toBe(true);
  });
});
