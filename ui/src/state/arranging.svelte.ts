import { m } from '../paraglide/messages.js';
import type { ConversationId, ConversationsArrange, Placements, Project, ProjectId } from '../protocol/generated';
import type { App } from './app.svelte';
import { Selection } from './selection.svelte';
import { toasts } from './toasts.svelte';

type Change = Omit<ConversationsArrange, 'conversations'>;

/** What is asked for in a sheet: a project's name and instructions, or tags. */
export type Asked =
  | { what: 'project'; project: Project | null; move: readonly ConversationId[] }
  | { what: 'tags'; conversations: readonly ConversationId[] };

/** Puts conversations in order: one or many, each time as one act that can be taken back. */
export class Arranging {
  readonly selection = new Selection();
  asked = $state.raw<Asked | null>(null);
  /** A tag that was clicked: the sidebar shows what has it. */
  wanted_tag = $state<string | null>(null);
  /** Those that are being dragged. */
  dragged = $state.raw<readonly ConversationId[]>([]);
  #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  archive(conversations: readonly ConversationId[], archived: boolean): Promise<boolean> {
    const count = conversations.length;
    return this.#change(
      conversations,
      { archived },
      archived ? m.archived_done({ count }) : m.unarchived_done({ count }),
    );
  }

  move(conversations: readonly ConversationId[], project: ProjectId | null): Promise<boolean> {
    const name = this.#app.library.projects.find(({ id }) => id === project)?.name;
    const count = conversations.length;
    const said = name === undefined ? m.moved_out({ count }) : m.moved_to({ count, project: name });
    return this.#change(conversations, { move_to: { project } }, said);
  }

  pin(conversations: readonly ConversationId[], pinned: boolean): Promise<boolean> {
    const count = conversations.length;
    return this.#change(conversations, { pinned }, pinned ? m.pinned_done({ count }) : m.unpinned_done({ count }));
  }

  tag(conversations: readonly ConversationId[], add_tags: string[], remove_tags: string[]): Promise<boolean> {
    const said = m.tagged_done({ count: conversations.length });
    return this.#change(conversations, { add_tags, remove_tags }, said);
  }

  delete(conversations: readonly ConversationId[]): Promise<boolean> {
    return this.#change(conversations, { deleted: true }, m.deleted_done({ count: conversations.length }));
  }

  async #change(conversations: readonly ConversationId[], change: Change, said: string): Promise<boolean> {
    if (conversations.length === 0) return true;
    const before = await this.#app.attempt('conversations_arrange', { conversations: [...conversations], ...change });
    if (!before) return false;
    this.selection.end();
    if (before.placements.length > 0) {
      toasts.show(said, { label: m.undo(), run: () => void this.#back(before) });
    }
    return true;
  }

  async #back(before: Placements): Promise<void> {
    await this.#app.attempt('conversations_place', before);
  }

  /** Saves a project and, if it is new, moves into it what it was made for. */
  async save(name: string, instructions: string): Promise<void> {
    const asked = this.asked;
    if (asked?.what !== 'project') return;
    const saved = await this.#app.attempt('project_save', { project: asked.project?.id ?? null, name, instructions });
    if (!saved) return;
    this.asked = null;
    await this.#app.library.loadProjects();
    if (asked.project) return;
    this.#app.library.fold(saved.id, true);
    await this.move(asked.move, saved.id);
  }

  async deleteProject(project: Project): Promise<void> {
    if (!(await this.#app.attempt('project_delete', { project: project.id }))) return;
    const restore = () => void this.#app.attempt('project_restore', { project: project.id });
    toasts.show(m.project_deleted({ project: project.name }), { label: m.undo(), run: restore });
  }

  /** What is meant by an act on this conversation: all that are chosen, if it is one of them. */
  meant(conversation: ConversationId): readonly ConversationId[] {
    const { on, chosen } = this.selection;
    return on && chosen.has(conversation) ? [...chosen] : [conversation];
  }

  /** Takes what was dragged. */
  drop(project: ProjectId | null): void {
    const dragged = this.dragged;
    this.dragged = [];
    void this.move(dragged, project);
  }
}
