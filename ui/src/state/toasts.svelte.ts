export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const STAYS_MS = 8000;
let last = 0;

/** Short sentences at the edge of the page that go away by themselves. */
class Toasts {
  list = $state.raw<readonly Toast[]>([]);

  show(text: string, action?: Toast['action']): void {
    const id = ++last;
    this.list = [...this.list.slice(-2), action ? { id, text, action } : { id, text }];
    setTimeout(() => this.close(id), STAYS_MS);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
