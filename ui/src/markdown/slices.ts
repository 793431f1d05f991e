/** What may take a while and is not waited for is done in pieces, in idle time, for so long at once. */
const SLICE_MS = 5;

/** One piece of the work; false when there is no more. It does not throw. */
type Piece = () => boolean;

const waiting: Piece[] = [];
let asked = false;

/** Does the pieces one after the other, after all that was handed in before: no frame is long, however much there is. */
export function inSlices(piece: Piece): void {
  waiting.push(piece);
  ask();
}

function ask(): void {
  if (asked || waiting.length === 0) return;
  asked = true;
  if (typeof requestIdleCallback === 'function') requestIdleCallback(slice, { timeout: 500 });
  else setTimeout(slice, 1);
}

function slice(): void {
  asked = false;
  const begun = performance.now();
  do {
    if (waiting[0]?.() !== true) waiting.shift();
  } while (waiting.length > 0 && performance.now() - begun < SLICE_MS);
  ask();
}
