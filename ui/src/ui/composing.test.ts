import { describe, expect, it } from 'vitest';
import { keepComposition, ofInputMethod } from './composing';

const key = (name: string, over: KeyboardEventInit & { keyCode?: number } = {}) =>
  new KeyboardEvent('keydown', { key: name, cancelable: true, ...over });

/** An event as long after the last one as said. */
function soon(event: KeyboardEvent, end: Event, ms: number): KeyboardEvent {
  Object.defineProperty(event, 'timeStamp', { value: end.timeStamp + ms });
  return event;
}

function composed(data: string): Event {
  const end = new CompositionEvent('compositionend', { data, bubbles: true });
  document.body.dispatchEvent(end);
  return end;
}

describe('a key', () => {
  it('is the input method’s while it composes', () => {
    expect(ofInputMethod(key('Enter'))).toBe(false);
    expect(ofInputMethod(key('Enter', { isComposing: true }))).toBe(true);
    expect(ofInputMethod(key('Process', { keyCode: 229 }))).toBe(true);
  });

  it.each(['河川', '川の流れ', 'nihao'])('that ended %s comes after its end in WebKit', (text) => {
    const end = composed(text);
    expect(ofInputMethod(soon(key('Enter'), end, 5))).toBe(true);
    expect(ofInputMethod(soon(key('Enter'), end, 500))).toBe(false);
  });

  it('that ends a Korean syllable is meant as what it is', () => {
    expect(ofInputMethod(soon(key('Enter'), composed('강'), 5))).toBe(false);
  });

  it('that drops a candidate closes nothing', () => {
    const drop = key('Escape', { isComposing: true });
    keepComposition(drop);
    expect(drop.defaultPrevented).toBe(true);
    const plain = key('Escape');
    keepComposition(soon(plain, composed('강'), 5));
    expect(plain.defaultPrevented).toBe(false);
  });
});
