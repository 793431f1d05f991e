import { m } from '../paraglide/messages.js';
import type { Attachment, ConversationId, Message, MessageId, Snapshot } from '../protocol/generated';
import type { App } from './app.svelte';
import { isSet, ledTo } from './leading';
import { toasts } from './toasts.svelte';

/** Asking, answering again, and choosing which path of the open conversation is shown. */
export class Turns {
  #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  /** Sends; rejects with an `ApiError` so that the text can stay in the composer. */
  async send(text: string, attachments: Attachment[] = []): Promise<void> {
    const open = this.#app.open?.state.id ?? null;
    const conversation = open ?? (await this.#asDrafted());
    const turn = await this.#app.transport.call('message_send', {
      conversation,
      text,
      ...(attachments.length > 0 ? { attachments } : {}),
      ...(conversation ? {} : this.#app.target),
    });
    if (!this.#app.settings.all.welcomed) void this.#app.settings.update({ welcomed: true });
    if (!open) await this.#app.show(turn.conversation);
    else this.#asked();
  }

  /** A new conversation with what was set before it; `null` if nothing was, for the core makes one. */
  async #asDrafted(): Promise<ConversationId | null> {
    const controls = this.#app.draft_controls;
    const temporary = this.#app.draft_temporary;
    const project = temporary ? null : this.#app.draft_project;
    const { draft: assistant, draft_prompt: prompt } = this.#app.assistants;
    if (!isSet(controls) && !temporary && !project && !assistant && prompt === null) return null;
    // The assistant's model stays the assistant's to change.
    const model = !this.#app.draft_model && ledTo(this.#app) ? {} : this.#app.target;
    const request = { ...model, temporary, project, assistant };
    const { id: conversation } = await this.#app.transport.call('conversation_create', request);
    if (isSet(controls)) await this.#app.transport.call('conversation_controls', { conversation, controls });
    if (prompt !== null) await this.#app.transport.call('conversation_prompt', { conversation, prompt });
    this.#app.draft_controls = {};
    this.#app.draft_temporary = false;
    this.#app.assistants.forgetDraft();
    this.#app.draft_project = null;
    return conversation;
  }

  /** Asks again in other words: a sibling of the question. */
  async sendEdited(text: string, { parent, attachments }: Message): Promise<boolean> {
    const conversation = this.#app.open?.state.id ?? null;
    // The files stay with it; a page behind a link cannot send any.
    const files = this.#app.may('attachment_add') && attachments.length > 0 ? { attachments } : {};
    const request = { conversation, text, parent, at_root: parent === null, ...files };
    const turn = await this.#app.attempt('message_send', request);
    if (turn) this.#asked();
    return turn !== null;
  }

  async regenerate(message: MessageId): Promise<void> {
    if (await this.#app.attempt('answer_regenerate', { message })) this.#asked();
  }

  async continue(message: MessageId): Promise<void> {
    if (await this.#app.attempt('answer_continue', { message })) this.#asked();
  }

  #asked(): void {
    if (this.#app.open) this.#app.open.asked += 1;
  }

  async selectBranch(message: MessageId): Promise<void> {
    this.#path(await this.#app.attempt('branch_select', { message }));
  }

  /** Puts an answer in a person's words beside it. */
  async editAnswer(message: MessageId, text: string): Promise<boolean> {
    const snapshot = await this.#app.attempt('message_edit', { message, text });
    this.#path(snapshot);
    return snapshot !== null;
  }

  /** Goes on from a message in a conversation of its own. */
  async fork(message: MessageId): Promise<void> {
    const fork = await this.#app.attempt('conversation_fork', { message });
    if (!fork) return;
    await this.#app.show(fork.id);
    toasts.show(m.forked());
  }

  /** Deletes a message with everything below it. */
  async deleteMessage(message: MessageId): Promise<void> {
    const snapshot = await this.#app.attempt('message_delete', { message });
    if (!snapshot) return;
    this.#path(snapshot);
    toasts.show(m.message_deleted(), { label: m.undo(), run: () => void this.restoreMessage(message) });
  }

  async restoreMessage(message: MessageId): Promise<boolean> {
    const snapshot = await this.#app.attempt('message_restore', { message });
    this.#path(snapshot);
    return snapshot !== null;
  }

  /** Another path of the open conversation is shown. */
  #path(snapshot: Snapshot | null): void {
    if (snapshot && this.#app.open?.state.id === snapshot.conversation.id) this.#app.open.show(snapshot);
  }

  stop(): void {
    const live = this.#app.open?.state.live;
    if (live && this.#app.may('answer_stop')) void this.#app.attempt('answer_stop', { message: live.id });
  }
}
