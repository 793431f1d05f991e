import { SvelteMap } from 'svelte/reactivity';
import type { Conversation, ConversationId, Project, ProjectId, Tag } from '../protocol/generated';
import type { Transport } from '../transport/types';
import { ConversationList, type Which } from './list.svelte';

/** The conversations and where they are: the list, the projects, the archive. Each is fetched when it is looked at. */
export class LibraryState {
  /** Only titles with this in them, wherever they are. */
  query = $state('');
  /** Only those in this project, while something is looked for. */
  project = $state<ProjectId | null>(null);
  /** Only those with this tag. */
  tag = $state<string | null>(null);
  projects = $state.raw<readonly Project[]>([]);
  tags = $state.raw<readonly Tag[]>([]);
  /** The projects that are unfolded, with what is in them. */
  readonly inside = new SvelteMap<ProjectId, ConversationList>();
  /** What is in the archive, while that is unfolded. */
  archive = $state.raw<ConversationList | null>(null);
  readonly main: ConversationList;
  /** Every conversation that was seen: the open one may be in no list that is shown. */
  #known = $state.raw<ReadonlyMap<ConversationId, Conversation>>(new Map());
  #transport: Transport;
  #arranged: boolean;

  /** `arranged`: whether this page sees projects and archive, which those behind a link do not. */
  constructor(transport: Transport, arranged = false) {
    this.#transport = transport;
    this.#arranged = arranged;
    this.main = this.#list(() => this.#which());
  }

  get list(): readonly Conversation[] {
    return this.main.list;
  }

  get has_more(): boolean {
    return this.main.has_more;
  }

  get loaded(): boolean {
    return this.main.loaded;
  }

  /** The list shows what was looked for, and not how things are put in order. */
  get looking(): boolean {
    return this.query !== '' || this.project !== null || this.tag !== null;
  }

  /** Everything that is unfolded, from top to bottom. */
  get shown(): readonly Conversation[] {
    if (this.looking) return this.main.list;
    const inside = this.projects.flatMap(({ id }) => this.inside.get(id)?.list ?? []);
    return [...inside, ...this.main.list, ...(this.archive?.list ?? [])];
  }

  /** Asks for everything that is shown, from its beginning. */
  async load(): Promise<void> {
    const lists = [this.main, ...this.inside.values(), ...(this.archive ? [this.archive] : [])];
    await Promise.all(lists.map((list) => list.load()));
  }

  async loadProjects(): Promise<void> {
    const [projects, tags] = await Promise.all([
      this.#transport.call('projects_list', {}),
      this.#transport.call('tags_list', {}),
    ]);
    this.projects = projects.sort((a, b) => a.name.localeCompare(b.name));
    this.tags = tags;
    for (const id of this.inside.keys()) if (!projects.some((project) => project.id === id)) this.inside.delete(id);
    if (this.project && !projects.some(({ id }) => id === this.project)) this.project = null;
  }

  more(): Promise<void> {
    return this.main.more();
  }

  find(query: string): void {
    this.query = query.trim();
    void this.main.load();
  }

  fold(project: ProjectId, open = !this.inside.has(project)): void {
    if (!open) this.inside.delete(project);
    else if (!this.inside.has(project)) {
      const list = this.#list(() => ({
        request: { project, archived: false },
        has: ({ place }) => place.project === project && !place.archived,
      }));
      this.inside.set(project, list);
      void list.load();
    }
  }

  foldArchive(): void {
    const list = this.#list(() => ({ request: { archived: true }, has: ({ place }) => place.archived }));
    this.archive = this.archive ? null : list;
    void this.archive?.load();
  }

  get(id: ConversationId): Conversation | undefined {
    return this.#known.get(id);
  }

  /** Remembers conversations as they are now, whether or not they are in a list. */
  note(...conversations: readonly Conversation[]): void {
    this.#known = new Map([...this.#known, ...conversations.map((one) => [one.id, one] as const)]);
  }

  put(conversation: Conversation): void {
    this.note(conversation);
    this.main.put(conversation);
    this.archive?.put(conversation);
    for (const list of this.inside.values()) list.put(conversation);
  }

  remove(id: ConversationId): void {
    this.main.remove(id);
    this.archive?.remove(id);
    for (const list of this.inside.values()) list.remove(id);
    this.#known = new Map([...this.#known].filter(([known]) => known !== id));
  }

  #list(which: () => Which): ConversationList {
    return new ConversationList(this.#transport, which, (conversations) => this.note(...conversations));
  }

  #which(): Which {
    const { query, project, tag } = this;
    if (this.looking) {
      const words = query.toLowerCase();
      const named = tag?.toLowerCase();
      return {
        request: { query: query || null, project, tag },
        has: ({ title, place }) =>
          title.toLowerCase().includes(words) &&
          (project === null || place.project === project) &&
          (named === undefined || place.tags.some((has) => has.toLowerCase() === named)),
      };
    }
    if (!this.#arranged) return { request: {}, has: () => true };
    return {
      request: { outside_projects: true, archived: false },
      has: ({ place }) => place.project === null && !place.archived,
    };
  }
}
