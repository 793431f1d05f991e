import { m } from '../paraglide/messages.js';
import type { Mark, MessageId, PathMessage } from '../protocol/generated';
import type { App } from './app.svelte';
import { toasts } from './toasts.svelte';

/** Puts a mark below an answer, or takes it away; the log tells every page of it. */
export async function setMark(app: App, message: MessageId, mark: Mark | null): Promise<boolean> {
  return (await app.attempt('mark_set', { message, mark })) !== null;
}

/** The answer a conversation can begin anew below: the last one, or the one that is named. */
export function markable(app: App, message?: MessageId): PathMessage | undefined {
  if (!app.may('mark_set')) return undefined;
  const { messages = [], live = null } = app.open?.state ?? {};
  const found = message
    ? messages.find(({ id }) => id === message)
    : messages.findLast(({ author, id }) => author === 'assistant' && id !== live?.id);
  return found?.author === 'assistant' && found.id !== live?.id && !found.mark ? found : undefined;
}

/** From below this answer on, nothing above it is sent. */
export async function beginAnew(app: App, message: MessageId): Promise<void> {
  await setMark(app, message, { at: Date.now(), summary: null });
}

/** What is above is sent again; what stood here can come back. */
export async function unmark(app: App, message: MessageId, mark: Mark): Promise<void> {
  if (!(await setMark(app, message, null))) return;
  const undo = { label: m.undo(), run: () => void setMark(app, message, mark) };
  if (mark.summary) toasts.show(m.summary_removed(), undo);
}
