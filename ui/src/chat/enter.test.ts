import { describe, expect, it } from 'vitest';
import { sends } from './enter';

const key = (over: KeyboardEventInit & { keyCode?: number } = {}) =>
  new KeyboardEvent('keydown', { key: 'Enter', ...over });

describe('Enter', () => {
  it('sends, with shift it does not', () => {
    expect(sends(key(), 'enter')).toBe(true);
    expect(sends(key({ shiftKey: true }), 'enter')).toBe(false);
    expect(sends(key({ key: 'a' }), 'enter')).toBe(false);
  });

  it('sends only with Ctrl or Cmd if so chosen', () => {
    expect(sends(key(), 'mod_enter')).toBe(false);
    expect(sends(key({ ctrlKey: true }), 'mod_enter')).toBe(true);
    expect(sends(key({ metaKey: true }), 'mod_enter')).toBe(true);
  });

  it('of an input method does not send', () => {
    expect(sends(key({ isComposing: true }), 'enter')).toBe(false);
    expect(sends(key({ keyCode: 229, ctrlKey: true }), 'mod_enter')).toBe(false);
  });
});
