/** How long the shine takes to run past, and in how many steps. */
const RUN_MS = 2400;
const STEPS = 36;

/**
 * The shine of an answer that grows runs down, as the text does; for `{@attach}`. In steps that belong to the whole run:
 * between two of them nothing changes, so the pictures of the growing text need not look at it again. A rule of the style
 * sheet could not say that, it has steps between two key frames only, and a new style with every picture.
 */
export function flow(shine: HTMLElement): (() => void) | undefined {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const run = shine.animate(
    { transform: ['translateY(-100%)', 'translateY(100%)'] },
    { duration: RUN_MS, easing: `steps(${STEPS})`, iterations: Number.POSITIVE_INFINITY },
  );
  return () => run.cancel();
}
