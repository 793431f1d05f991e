// Who leads the conversation that is shown, or the one that does not exist yet.
import { m } from '../paraglide/messages.js';
import type { AssistantCard, AssistantId, Controls, ProviderId } from '../protocol/generated';
import type { App } from './app.svelte';
import { toasts } from './toasts.svelte';

export const isSet = (controls: Controls) => Object.values(controls).some((set) => set !== null && set !== undefined);

/** The assistant, if there is one; a deleted one still leads what it led. */
export function leading(app: App): AssistantCard | undefined {
  return app.assistants.get(app.open ? app.shown?.assistant : app.assistants.draft);
}

/** The model the assistant answers by, if it says one of a provider that is here. */
export function ledTo(app: App): { provider: ProviderId; model: string } | null {
  const { provider, model } = leading(app) ?? {};
  if (!provider || !model) return null;
  const here = app.providers.get(provider) ?? app.providers.models.find((choice) => choice.provider === provider);
  return here ? { provider, model } : null;
}

/** Whether the conversation says something itself that the assistant would say otherwise. */
export function differs(app: App): boolean {
  const own_prompt = app.open ? app.shown?.own_prompt : app.assistants.draft_prompt !== null;
  const own_model = app.open ? app.shown?.model : app.draft_model;
  return own_prompt || isSet(app.controls) || (own_model != null && ledTo(app) !== null);
}

/** Chooses who leads, or nobody. What the conversation said itself is let go for an assistant. */
export async function chooseAssistant(app: App, assistant: AssistantId | null): Promise<void> {
  const conversation = app.open?.state.id;
  if (!conversation) {
    app.assistants.draft = assistant;
    if (assistant === null) return;
    app.assistants.draft_prompt = null;
    app.draft_controls = {};
    if (ledTo(app)) app.draft_model = null;
    return;
  }
  // What somebody wrote is not lost by a slip.
  const written = assistant !== null && app.shown?.own_prompt && app.may('conversation_manner');
  const own = written ? (await app.attempt('conversation_manner', { conversation }))?.prompt : null;
  const chosen = await app.attempt('conversation_assistant', { conversation, assistant });
  if (!chosen) return;
  app.library.put(chosen);
  if (own == null) return;
  const undo = async () => {
    const back = await app.attempt('conversation_prompt', { conversation, prompt: own });
    if (back) app.library.put(back);
  };
  toasts.show(m.a_leads({ name: app.assistants.get(assistant)?.name ?? '' }), {
    label: m.undo(),
    run: () => void undo(),
  });
}

/** An empty page for a new conversation that this assistant leads. */
export function startWith(app: App, assistant: AssistantId): void {
  app.startNew();
  void chooseAssistant(app, assistant);
}

/** Gives the conversation instructions of its own; `null` takes them away. */
export async function setPrompt(app: App, prompt: string | null): Promise<void> {
  const conversation = app.open?.state.id;
  if (!conversation) {
    app.assistants.draft_prompt = prompt;
    return;
  }
  const set = await app.attempt('conversation_prompt', { conversation, prompt });
  if (set) app.library.put(set);
}
