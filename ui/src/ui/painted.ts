/** Waits until what stands on the page is shown; not for long in a page that nobody sees, which draws nothing. */
export function painted(): Promise<void> {
  return new Promise((shown) => {
    requestAnimationFrame(() => setTimeout(shown));
    setTimeout(shown, 300);
  });
}
