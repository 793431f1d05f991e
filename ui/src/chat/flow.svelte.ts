/** How long the shine takes to run past. */
const RUN_MS = 2400;

/**
 * The shine of an answer that grows runs down, as the text does; for `{@attach}`. It moves with the pictures of the
 * growing text and makes none of its own: an animation with a clock would cost the reader's machine as many again.
 */
export function flow(text: () => string): (shine: HTMLElement) => (() => void) | undefined {
  return (shine) => {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const run = shine.animate({ transform: ['translateY(-100%)', 'translateY(100%)'] }, RUN_MS);
    run.pause();
    $effect(() => {
      void text();
      run.currentTime = performance.now() % RUN_MS;
    });
    return () => run.cancel();
  };
}
