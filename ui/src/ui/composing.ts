/**
 * WebKit ends a composition just before the key that ended it arrives; within this it still belongs to it. Nobody presses
 * two keys so fast.
 */
const AFTER_COMPOSITION_MS = 60;

let ended_at = Number.NEGATIVE_INFINITY;

// Wherever one writes: a key is asked about by whoever takes it, and that may be the page around the field.
window.addEventListener(
  'compositionend',
  (event) => {
    // A Korean syllable ends by itself with the next key, which is meant as what it is: Enter sends then.
    ended_at = /\p{Script=Hangul}$/u.test(event.data) ? Number.NEGATIVE_INFINITY : event.timeStamp;
  },
  true,
);

/** Whether a key belongs to an input method: an Enter that takes its candidate, an Escape that drops it. */
export function ofInputMethod(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229 || Math.abs(event.timeStamp - ended_at) < AFTER_COMPOSITION_MS;
}

/** For dialogs, which close at any Escape: one that drops a candidate does not. */
export function keepComposition(event: KeyboardEvent): void {
  if (ofInputMethod(event)) event.preventDefault();
}
