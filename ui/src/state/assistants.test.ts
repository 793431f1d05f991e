import { describe, expect, it, vi } from 'vitest';
import { findAssistants } from '../chat/suggest';
import type { AssistantCard, Commands, Controls, Conversation } from '../protocol/generated';
import type { Transport } from '../transport/types';
import type { App } from './app.svelte';
import { AssistantsState, firstSign, moved, numbered } from './assistants.svelte';
import { chooseAssistant, differs, leading, ledTo, startWith } from './leading';

function card(name: string, over: Partial<AssistantCard> = {}): AssistantCard {
  return { id: name, name, mark: name.slice(0, 1), starters: [], provider: null, model: null, deleted: false, ...over };
}

const guide = card('Guide');
const pirate = card('Pirate', { provider: 'demo', model: 'sea' });
const gone = card('Gone', { deleted: true });

/** A page with these assistants whose core answers a choice with the conversation as it is then. */
async function page(conversation?: Partial<Conversation>) {
  const calls: string[] = [];
  const transport = { call: vi.fn(async () => [guide, pirate, gone]) } as unknown as Transport;
  const assistants = new AssistantsState(transport);
  await assistants.load();
  const app = {
    assistants,
    open: conversation ? { state: { id: 'c' } } : null,
    shown: conversation,
    controls: {} as Controls,
    draft_controls: { seed: 1 } as Controls,
    draft_model: { provider: 'demo', model: 'clock' },
    providers: { get: () => undefined, models: [{ provider: 'demo', model: { id: 'sea' } }] },
    library: { put: vi.fn() },
    startNew: vi.fn(() => assistants.forgetDraft()),
    may: () => true,
    async attempt(name: keyof Commands) {
      calls.push(name);
      return name === 'conversation_manner' ? { prompt: 'Mine.', assistant: null } : { id: 'c' };
    },
  };
  return { app: app as unknown as App, calls };
}

describe('the list', () => {
  it('offers what was not deleted', async () => {
    const { app } = await page();
    expect(app.assistants.offered).toEqual([guide, pirate]);
    expect(app.assistants.get('Gone')).toEqual(gone);
  });

  it('is put in order one step at a time, and no further than its ends', () => {
    expect(moved(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b'], 'a', -1)).toEqual(['a', 'b']);
    expect(moved(['a', 'b'], 'b', 1)).toEqual(['a', 'b']);
  });

  it('is found by name, what begins so first', () => {
    const names = (query: string) => findAssistants([guide, pirate, card('Big guide')], query).map(({ name }) => name);
    expect(names('gui')).toEqual(['Guide', 'Big guide']);
    expect(names('')).toEqual(['Guide', 'Pirate', 'Big guide']);
    expect(names('none')).toEqual([]);
  });

  it('counts its copies, and takes one sign as a mark', () => {
    expect([numbered('Guide'), numbered('Guide (2)'), numbered('f(x)')]).toEqual([
      'Guide (2)',
      'Guide (3)',
      'f(x) (2)',
    ]);
    expect(numbered('水'.repeat(80)).length).toBeLessThanOrEqual(80);
    expect([firstSign(' 👩‍🚀 and more'), firstSign('abc'), firstSign('')]).toEqual(['👩‍🚀', 'a', '']);
  });
});

describe('who leads', () => {
  it('a conversation that does not exist yet is chosen on the page alone', async () => {
    const { app, calls } = await page();
    expect(leading(app)).toBeUndefined();
    startWith(app, 'Pirate');
    expect(leading(app)).toEqual(pirate);
    expect([app.draft_model, app.draft_controls, ledTo(app)]).toEqual([null, {}, { provider: 'demo', model: 'sea' }]);
    expect([differs(app), calls]).toEqual([false, []]);
    app.assistants.draft_prompt = 'Mine.';
    expect(differs(app)).toBe(true);
  });

  it('an assistant without a model leaves what is chosen', async () => {
    const { app } = await page();
    await chooseAssistant(app, 'Guide');
    expect([app.draft_model, ledTo(app)]).toEqual([{ provider: 'demo', model: 'clock' }, null]);
  });

  it('an open conversation is asked for its own words before they are let go', async () => {
    const { app, calls } = await page({ assistant: 'Gone', own_prompt: true });
    expect([leading(app), differs(app)]).toEqual([gone, true]);
    await chooseAssistant(app, 'Pirate');
    expect(calls).toEqual(['conversation_manner', 'conversation_assistant']);
    expect(app.library.put).toHaveBeenCalledOnce();
  });

  it('a model of its own is told only where the assistant says another', async () => {
    const own = { own_prompt: false, model: 'clock' };
    expect(differs((await page({ assistant: 'Guide', ...own })).app)).toBe(false);
    expect(differs((await page({ assistant: 'Pirate', ...own })).app)).toBe(true);
  });
});
