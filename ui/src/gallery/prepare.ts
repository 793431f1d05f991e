import { App, setApp } from '../state/app.svelte';
import { OpenConversation } from '../state/conversation.svelte';
import { fetchKeys } from '../state/keys.svelte';
import { fetchLazyParts } from '../ui/lazy.svelte';
import { answers, conversation } from './samples';
import { Answers } from './transport';

/** An app as it is in a window, with a conversation open, that talks to nobody. */
export async function prepare(): Promise<App> {
  const transport = new Answers();
  const app = new App(transport);
  setApp(app);
  await app.start();
  app.open = new OpenConversation(transport, { conversation, messages: answers, has_older: false, notice: null });
  await Promise.all([fetchLazyParts(), fetchKeys()]);
  return app;
}
