import { expect, it } from 'vitest';
import { conversation } from '../gallery/samples';
import { Answers } from '../gallery/transport';
import type { Commands } from '../protocol/generated';
import { App } from './app.svelte';

function gate() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** A core that answers about providers, and opens the conversation that was chosen, only when it is let. */
class Held extends Answers {
  providers = gate();
  chosen = gate();

  override async call<K extends keyof Commands>(
    name: K,
    request: Commands[K]['request'],
  ): Promise<Commands[K]['response']> {
    if (name === 'providers_list') await this.providers.promise;
    if (name !== 'conversation_open') return super.call(name, request);
    const { conversation: id } = request as Commands['conversation_open']['request'];
    if (id === 'c2') await this.chosen.promise;
    const snapshot = { conversation: { ...conversation, id }, messages: [], has_older: false, notice: null };
    return snapshot as unknown as Commands[K]['response'];
  }
}

it('a conversation that is chosen while the page is loaded stays, whatever was shown before', async () => {
  sessionStorage.setItem('rivulet.shown', 'c1');
  const transport = new Held();
  const app = new App(transport);
  const started = app.start();
  while (!app.ready) await new Promise((soon) => setTimeout(soon, 5));
  const chosen = app.show('c2');
  transport.providers.resolve();
  // The page goes on to what it showed before.
  await new Promise((soon) => setTimeout(soon, 100));
  transport.chosen.resolve();
  await Promise.all([started, chosen]);
  expect(app.open?.state.id).toBe('c2');
  app.open?.close();
});
