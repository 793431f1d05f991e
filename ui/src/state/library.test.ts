import { expect, it } from 'vitest';
import type { Conversation, ConversationsList } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { LibraryState } from './library.svelte';

const conversation = (id: string, place: Partial<Conversation['place']> = {}): Conversation => ({
  id,
  title: `Title ${id}`,
  pinned: false,
  created_at: 1,
  updated_at: 1,
  provider: null,
  model: null,
  controls: {},
  assistant: null,
  own_prompt: false,
  leaf: null,
  head: 0,
  running: false,
  temporary: false,
  place: { archived: false, project: null, tags: [], ...place },
});

/** A core that has these and notes what it was asked. */
function library(all: Conversation[]) {
  const asked: ConversationsList[] = [];
  const call = async (_: string, request: ConversationsList) => {
    asked.push(request);
    const conversations = all.filter(
      ({ place }) =>
        place.archived === (request.archived ?? place.archived) &&
        (request.project == null || place.project === request.project) &&
        (!request.outside_projects || place.project === null),
    );
    return { conversations, has_more: false };
  };
  return { asked, state: new LibraryState({ call } as unknown as Transport, true) };
}

const ids = (list: readonly Conversation[] | undefined) => list?.map(({ id }) => id);

it('moves a conversation between the lists that are unfolded as it changes', async () => {
  const { state } = library([conversation('a'), conversation('b', { project: 'p' })]);
  await state.load();
  state.fold('p');
  state.foldArchive();
  await Promise.resolve();
  await Promise.resolve();
  expect([ids(state.list), ids(state.inside.get('p')?.list), ids(state.archive?.list)]).toEqual([['a'], ['b'], []]);
  state.put(conversation('a', { project: 'p' }));
  expect([ids(state.list), ids(state.inside.get('p')?.list)?.sort()]).toEqual([[], ['a', 'b']]);
  state.put(conversation('a', { project: 'p', archived: true }));
  expect([ids(state.inside.get('p')?.list), ids(state.archive?.list)]).toEqual([['b'], ['a']]);
  state.remove('a');
  expect(ids(state.archive?.list)).toEqual([]);
  expect(state.get('a')).toBeUndefined();
});

it('asks for what is in a project only when that is unfolded', async () => {
  const { asked, state } = library([]);
  await state.load();
  expect(asked).toEqual([{ limit: 100, outside_projects: true, archived: false }]);
  state.fold('p');
  expect(asked[1]).toEqual({ limit: 100, project: 'p', archived: false });
  state.fold('p');
  await state.load();
  expect(asked).toHaveLength(3);
});

it('looks everywhere while something is looked for', async () => {
  const { asked, state } = library([]);
  state.tag = 'Work';
  state.find(' title ');
  expect(asked.at(-1)).toEqual({ limit: 100, query: 'title', project: null, tag: 'Work' });
  state.put(conversation('a', { archived: true, tags: ['work'] }));
  state.put(conversation('b', { tags: ['other'] }));
  expect(ids(state.list)).toEqual(['a']);
});
