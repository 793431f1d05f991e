/**
 * A window shows a still of the page (`still.mjs` makes it) while the page's script is being read, so that one can write
 * at once. Takes it away when the page stands behind it, and gives the page's field what was typed meanwhile.
 */
export function handOver(): void {
  const still = document.getElementById('still');
  if (still === null) return;
  const before = still.querySelector('textarea');
  still.remove();
  const field = document.querySelector('textarea');
  if (before === null || field === null || before.value === '') return;
  // Behind what was kept from the last time, if anything was.
  const kept = field.value.length;
  field.value += before.value;
  field.setSelectionRange(kept + before.selectionStart, kept + before.selectionEnd);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
