import { describe, expect, it, vi } from 'vitest';
import { ACTIONS, keysOf, pressed, shortcut } from './shortcuts';
import type { App } from './state/app.svelte';

const key = (key: string, over: KeyboardEventInit = {}) =>
  new KeyboardEvent('keydown', { key, cancelable: true, ...over });

function fake(over: object = {}): App {
  return {
    settings: { all: { shortcuts: {} } },
    may: () => true,
    open: null,
    sheet: null,
    drawer: false,
    finding: false,
    settings_section: null,
    arranging: { asked: null, selection: { on: false } },
    startNew: vi.fn(),
    ...over,
  } as unknown as App;
}

describe('keys', () => {
  it('are named as they are kept', () => {
    expect(pressed(key('k', { ctrlKey: true }))).toBe('Mod+K');
    expect(pressed(key('Y', { ctrlKey: true, shiftKey: true }))).toBe('Mod+Shift+Y');
    expect(pressed(key('?', { ctrlKey: true, shiftKey: true }))).toBe('Mod+?');
    expect(pressed(key('ArrowDown', { altKey: true }))).toBe('Alt+ArrowDown');
    expect(pressed(key('F2'))).toBe('F2');
  });

  it('that only write are none', () => {
    for (const one of [key('a'), key('A', { shiftKey: true }), key('Control', { ctrlKey: true })])
      expect(pressed(one)).toBeNull();
    expect(pressed(key('k', { ctrlKey: true, isComposing: true }))).toBeNull();
  });

  it('are all different', () => {
    const all = ACTIONS.map((action) => action.keys).filter(Boolean);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('a shortcut', () => {
  it('does what its keys stand for', () => {
    const app = fake();
    const event = key('n', { ctrlKey: true });
    shortcut(event, app);
    expect(app.startNew).toHaveBeenCalledOnce();
    expect(event.defaultPrevented).toBe(true);
  });

  it('has other keys, or none, if they are set', () => {
    const app = fake({ settings: { all: { shortcuts: { new: 'Alt+X', find: '' } } } });
    shortcut(key('n', { ctrlKey: true }), app);
    expect(app.startNew).not.toHaveBeenCalled();
    shortcut(key('x', { altKey: true }), app);
    expect(app.startNew).toHaveBeenCalledOnce();
    const [find] = ACTIONS.filter(({ id }) => id === 'find');
    expect(find && keysOf(find, { find: '' })).toBe('');
  });

  it('that is not offered leaves the key to others', () => {
    const event = key('f', { ctrlKey: true });
    shortcut(event, fake());
    expect(event.defaultPrevented).toBe(false);
  });

  it('was someone else’s if it was taken', () => {
    const app = fake();
    const event = key('n', { ctrlKey: true });
    event.preventDefault();
    shortcut(event, app);
    expect(app.startNew).not.toHaveBeenCalled();
  });

  it('of Escape closes one thing at a time', () => {
    const app = fake({ finding: true, settings_section: 'about' });
    shortcut(key('Escape'), app);
    expect([app.finding, app.settings_section]).toEqual([false, 'about']);
    shortcut(key('Escape'), app);
    expect(app.settings_section).toBeNull();
  });
});
