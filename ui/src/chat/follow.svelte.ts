/** So near to the end, in pixels, is at the end. */
const NEAR = 4;
const UP_KEYS = new Set(['ArrowUp', 'PageUp', 'Home']);

/**
 * The one owner of scrolling. It follows the end while pinned. Only a person unpins (wheel, touch, keys, the scroll
 * bar): a scroll event cannot tell who scrolled, since a page that shrinks scrolls too.
 */
export class Follow {
  pinned = $state(true);
  #view: HTMLElement | null = null;
  #goingUp = false;
  #touch = 0;

  /** Follows the end of `view` as `content` grows; for `{@attach}`. */
  attach(view: HTMLElement, content: HTMLElement): () => void {
    this.#view = view;
    const growth = new ResizeObserver(() => this.settle());
    growth.observe(content);
    growth.observe(view);
    const on = { passive: true };
    view.addEventListener('wheel', this.#wheel, on);
    view.addEventListener('touchstart', this.#touchStart, on);
    view.addEventListener('touchmove', this.#touchMove, on);
    view.addEventListener('pointerdown', this.#pointer, on);
    view.addEventListener('keydown', this.#key);
    view.addEventListener('scroll', this.#scroll, on);
    this.settle();
    return () => {
      growth.disconnect();
      view.removeEventListener('wheel', this.#wheel);
      view.removeEventListener('touchstart', this.#touchStart);
      view.removeEventListener('touchmove', this.#touchMove);
      view.removeEventListener('pointerdown', this.#pointer);
      view.removeEventListener('keydown', this.#key);
      view.removeEventListener('scroll', this.#scroll);
    };
  }

  /** To the end, and stay there. */
  toEnd(): void {
    this.pinned = true;
    this.#goingUp = false;
    this.settle();
  }

  /** To this row, in the middle of the view, and stay there. */
  toRow(row: HTMLElement): void {
    this.pinned = false;
    this.#goingUp = false;
    row.scrollIntoView({ block: 'center' });
  }

  /** Changes what is above or below what is read, and keeps that where it is. */
  async keep(anchor: HTMLElement | null, change: () => Promise<void>): Promise<void> {
    const before = anchor?.getBoundingClientRect().top ?? 0;
    await change();
    if (!anchor?.isConnected || !this.#view || this.pinned) return;
    this.#view.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  /** To the end of what was drawn just now, if it is followed. */
  settle(): void {
    if (this.pinned && this.#view) this.#view.scrollTop = this.#view.scrollHeight;
  }

  #unpin(): void {
    const view = this.#view;
    // A page that cannot scroll has no other place than its end.
    if (!view || view.scrollHeight <= view.clientHeight + NEAR) return;
    this.#goingUp = true;
    this.pinned = false;
  }

  #wheel = (event: WheelEvent) => {
    if (event.deltaY < 0) this.#unpin();
    else this.#goingUp = false;
  };

  #touchStart = (event: TouchEvent) => {
    this.#touch = event.touches[0]?.clientY ?? 0;
  };

  #touchMove = (event: TouchEvent) => {
    const y = event.touches[0]?.clientY ?? 0;
    if (y > this.#touch) this.#unpin();
    else if (y < this.#touch) this.#goingUp = false;
    this.#touch = y;
  };

  #pointer = (event: PointerEvent) => {
    // Beside the content is the scroll bar.
    if (event.target === this.#view && event.offsetX >= (this.#view?.clientWidth ?? 0)) {
      this.#unpin();
      this.#goingUp = false;
    }
  };

  #key = (event: KeyboardEvent) => {
    if (UP_KEYS.has(event.key)) this.#unpin();
    else if (event.key === 'ArrowDown' || event.key === 'PageDown' || event.key === 'End') this.#goingUp = false;
  };

  #scroll = () => {
    const view = this.#view;
    if (!view || this.pinned || this.#goingUp) return;
    if (view.scrollHeight - view.scrollTop - view.clientHeight <= NEAR) this.pinned = true;
  };
}
