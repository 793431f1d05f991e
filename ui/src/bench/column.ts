/** The reference pages lay text out in a column as wide as the app's. */
export function column(): { view: HTMLElement; content: HTMLElement } {
  const view = document.createElement('main');
  view.style.cssText = 'height: 100vh; overflow: hidden auto; overflow-anchor: none; font: var(--prose)';
  const content = document.createElement('div');
  content.style.cssText = 'width: 720px; margin: 0 auto';
  view.append(content);
  document.body.append(view);
  return { view, content };
}

export function frame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}
