import { SvelteSet } from 'svelte/reactivity';
import type { ConversationId } from '../protocol/generated';

/** The conversations that are chosen for one act. */
export class Selection {
  /** A click chooses rather than opens. */
  on = $state(false);
  readonly chosen = new SvelteSet<ConversationId>();
  /** Where a range begins. */
  #from: ConversationId | null = null;

  start(id?: ConversationId): void {
    this.on = true;
    if (id) this.toggle(id);
  }

  end(): void {
    this.on = false;
    this.chosen.clear();
    this.#from = null;
  }

  toggle(id: ConversationId): void {
    if (!this.chosen.delete(id)) this.chosen.add(id);
    this.#from = id;
  }

  /** All from the last one to this, in the order in which they are shown. */
  reach(id: ConversationId, order: readonly ConversationId[]): void {
    const to = order.indexOf(id);
    const from = this.#from === null ? to : order.indexOf(this.#from);
    if (to < 0) return;
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    for (const one of order.slice(first, last + 1)) this.chosen.add(one);
  }

  /** Whether the click was one that chooses. */
  click(
    event: MouseEvent,
    id: ConversationId,
    order: () => readonly ConversationId[],
    open: ConversationId | null,
  ): boolean {
    const mod = event.ctrlKey || event.metaKey;
    if (!this.on && !mod && !event.shiftKey) return false;
    if (!this.on) {
      this.on = true;
      // From the one that is open to the one that is clicked, as lists elsewhere have it.
      this.#from = open;
    }
    if (event.shiftKey) this.reach(id, order());
    else this.toggle(id);
    return true;
  }
}
