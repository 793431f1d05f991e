import { setFrames } from '../markdown/frames';
import { setOpenLink } from '../markdown/links';
import { setPictures } from '../markdown/pictures';
import { m } from '../paraglide/messages.js';
import {
  type AppInfo,
  type Commands,
  type Controls,
  type Conversation,
  type ConversationId,
  commandRoles,
  type DiskProblem,
  type LibraryEvent,
  type ProjectId,
  type ProviderId,
  type SearchHit,
} from '../protocol/generated';
import { asApiError, type Connection, type Transport } from '../transport/types';
import { painted } from '../ui/painted';
import { errorSentence } from '../words/sentences';
import { Arranging } from './arranging.svelte';
import { AssistantsState } from './assistants.svelte';
import { Attaching } from './attaching.svelte';
import { BackupsState } from './backups.svelte';
import { BinState } from './bin.svelte';
import { ClosingState } from './closing.svelte';
import { OpenConversation } from './conversation.svelte';
import { CostsState } from './costs.svelte';
import { ledTo } from './leading';
import { LibraryState } from './library.svelte';
import { MirrorState } from './mirror.svelte';
import { ProgramsState } from './programs.svelte';
import { ProvidersState } from './providers.svelte';
import { SearchState } from './search.svelte';
import { SettingsState } from './settings.svelte';
import { StorageState } from './storage.svelte';
import { toasts } from './toasts.svelte';
import { TransfersState } from './transfers.svelte';
import { Turns } from './turns';

export type SettingsSection =
  | 'providers'
  | 'appearance'
  | 'cost'
  | 'writing'
  | 'context'
  | 'prompts'
  | 'assistants'
  | 'shortcuts'
  | 'demo'
  | 'network'
  | 'mirror'
  | 'api'
  | 'exchange'
  | 'bin'
  | 'backups'
  | 'storage'
  | 'privacy'
  | 'about';

const ORDER = ['viewer', 'participant', 'window'] as const;

/** Where a page keeps which conversation it shows, for as long as the page lives: it survives being loaded again. */
const SHOWN = 'rivulet.shown';

/** What the page shows and what it can do. One for each page. */
export class App {
  readonly transport: Transport;
  readonly settings: SettingsState;
  readonly library: LibraryState;
  readonly providers: ProvidersState;
  readonly mirror: MirrorState;
  readonly programs: ProgramsState;
  readonly search: SearchState;
  readonly transfers: TransfersState;
  readonly bin: BinState;
  readonly backups: BackupsState;
  readonly storage: StorageState;
  readonly costs: CostsState;
  readonly assistants: AssistantsState;
  readonly arranging: Arranging;
  readonly closing: ClosingState;
  readonly turns: Turns;

  info = $state.raw<AppInfo | null>(null);
  connection = $state<Connection>('live');
  /** What is wrong while the disk refuses, or once damage was found. */
  disk = $state.raw<DiskProblem | null>(null);
  open = $state.raw<OpenConversation | null>(null);
  /** The provider and model of a conversation that does not exist yet. */
  draft_model = $state.raw<{ provider: ProviderId; model: string } | null>(null);
  /** The controls of a conversation that does not exist yet. */
  draft_controls = $state.raw<Controls>({});
  /** The conversation that does not exist yet shall never be on disk. */
  draft_temporary = $state(false);
  /** The project the conversation that does not exist yet is made in. */
  draft_project = $state<ProjectId | null>(null);
  settings_section = $state<SettingsSection | null>(null);
  sheet = $state<'mirror' | 'palette' | null>(null);
  drawer = $state(false);
  /** The bar that finds words in the open conversation is shown. */
  finding = $state(false);
  ready = $state(false);
  #opening = 0;
  /** The files of what is being written, for each conversation and for those that do not exist yet. */
  #attaching = new Map<string, Attaching>();

  constructor(transport: Transport) {
    this.transport = transport;
    this.settings = new SettingsState(transport);
    this.library = new LibraryState(transport, transport.host === 'window');
    this.providers = new ProvidersState(transport);
    this.mirror = new MirrorState(transport);
    this.programs = new ProgramsState(transport);
    this.search = new SearchState(transport);
    this.transfers = new TransfersState(transport);
    this.bin = new BinState(transport);
    this.backups = new BackupsState(transport);
    this.storage = new StorageState(transport);
    this.costs = new CostsState(transport);
    this.assistants = new AssistantsState(transport);
    this.arranging = new Arranging(this);
    this.closing = new ClosingState(transport);
    this.turns = new Turns(this);
    const in_window = transport.host === 'window';
    if (in_window) setPictures((url) => this.#picture(url));
    setFrames((page) => transport.frame(page));
    setOpenLink((url) => {
      if (in_window) void this.attempt('link_open', { url });
      else window.open(url, '_blank', 'noopener,noreferrer');
    });
  }

  async start(): Promise<void> {
    this.transport.onConnection((connection) => {
      const back = this.connection === 'lost' && connection === 'live';
      this.connection = connection;
      if (back && !this.ready) void this.#load();
    });
    this.transport.library((event) => this.#take(event));
    await this.#load();
  }

  async #load(): Promise<void> {
    try {
      const library = this.library.load();
      const projects = this.transport.host === 'window' ? this.library.loadProjects() : null;
      const settings = this.settings.load();
      this.info = await this.transport.call('app_info', {});
      this.disk = this.info.disk ?? null;
      const models = this.may('models_list') ? this.providers.loadModels() : null;
      // The first picture is whole: nothing in it is drawn twice.
      await Promise.all([library, settings, models, projects, this.assistants.load()]);
      this.ready = true;
      const opening = this.#opening;
      // What follows changes nothing in the first picture, and is not in its way.
      await painted();
      if (this.may('providers_list')) await Promise.all([this.providers.load(), this.mirror.load()]);
      // A page that was loaded again shows what it showed, unless something was chosen meanwhile; a browser has come to
      // see something.
      const first = this.transport.host === 'browser' ? this.library.list[0]?.id : undefined;
      const kept = await this.#kept();
      const shown = kept ?? first;
      if (shown && !this.open && this.#opening === opening) await this.show(shown);
      // The keyring may ask for its password: last, and nobody waits for it.
      if (this.may('keyring_status')) await this.providers.loadKeyring();
    } catch (thrown) {
      const error = asApiError(thrown);
      if (error.code !== 'gone' && this.connection !== 'ended') toasts.show(errorSentence(error));
    }
  }

  /** The conversation that was shown before the page was loaded anew, if it is still there. */
  async #kept(): Promise<ConversationId | undefined> {
    const conversation = sessionStorage.getItem(SHOWN);
    if (!conversation || this.library.get(conversation)) return conversation ?? undefined;
    // In a project that is folded, or in the archive.
    const snapshot = await this.transport.call('conversation_open', { conversation, limit: 1 }).catch(() => null);
    return snapshot?.conversation.id;
  }

  /** Whether this page may call a command at all. */
  may(command: keyof Commands): boolean {
    return this.info !== null && ORDER.indexOf(this.info.role) >= ORDER.indexOf(commandRoles[command]);
  }

  /** Calls a command and says so if it fails; `null` then. */
  async attempt<K extends keyof Commands>(
    name: K,
    request: Commands[K]['request'],
  ): Promise<Commands[K]['response'] | null> {
    try {
      return await this.transport.call(name, request);
    } catch (thrown) {
      toasts.show(errorSentence(asApiError(thrown)));
      return null;
    }
  }

  get welcome(): boolean {
    return this.may('settings_update') && !this.settings.all.welcomed && this.library.loaded && !this.library.looking
      ? this.library.list.length === 0 && !this.open
      : false;
  }

  async #picture(url: string): Promise<{ data: string } | { problem: string }> {
    try {
      const { media_type, data } = await this.transport.call('picture_fetch', { url });
      return { data: `data:${media_type};base64,${data}` };
    } catch (thrown) {
      return { problem: errorSentence(asApiError(thrown)) };
    }
  }

  /** An empty page for a new conversation. */
  startNew(temporary = false, project: ProjectId | null = null): void {
    this.#opening += 1;
    this.draft_temporary = temporary;
    this.assistants.forgetDraft();
    this.draft_project = temporary ? null : project;
    this.#close();
    this.settings_section = null;
    this.drawer = false;
  }

  async show(conversation: ConversationId): Promise<void> {
    this.settings_section = null;
    this.drawer = false;
    if (this.open?.state.id === conversation) return;
    const opening = ++this.#opening;
    const snapshot = await this.attempt('conversation_open', { conversation });
    if (!snapshot || opening !== this.#opening) return;
    this.#close();
    this.library.note(snapshot.conversation);
    this.open = new OpenConversation(this.transport, snapshot);
    sessionStorage.setItem(SHOWN, conversation);
  }

  /** Shows the message that was found, in the branch it is in. */
  async showMessage(hit: SearchHit): Promise<void> {
    await this.show(hit.conversation);
    const open = this.open;
    if (open?.state.id !== hit.conversation || (await open.reach(hit.message))) return;
    if (!this.may('branch_select')) return;
    await this.turns.selectBranch(hit.message);
    await open.reach(hit.message);
  }

  /** The conversation that is open, as the library has it. */
  get shown(): Conversation | undefined {
    return this.open ? this.library.get(this.open.state.id) : undefined;
  }

  /** Where the next message goes. */
  get target(): { provider: ProviderId; model: string } | null {
    const conversation = this.shown;
    if (conversation?.provider && conversation.model) {
      return { provider: conversation.provider, model: conversation.model };
    }
    if (this.draft_model && !this.open) return this.draft_model;
    const led = ledTo(this) ?? this.draft_model;
    if (led) return led;
    const started = this.info?.started_with;
    if (started) return { provider: started.provider, model: started.model.id };
    const { default_provider, default_model } = this.settings.all;
    if (default_provider && default_model) return { provider: default_provider, model: default_model };
    const first = this.providers.models[0];
    return first ? { provider: first.provider, model: first.model.id } : null;
  }

  /** How the next message is answered. */
  get controls(): Controls {
    return this.open ? (this.shown?.controls ?? {}) : this.draft_controls;
  }

  async setControls(controls: Controls): Promise<void> {
    const conversation = this.open?.state.id;
    if (!conversation) {
      this.draft_controls = controls;
      return;
    }
    const set = await this.attempt('conversation_controls', { conversation, controls });
    if (set) this.library.put(set);
  }

  async chooseModel(provider: ProviderId, model: string): Promise<void> {
    const conversation = this.open?.state.id;
    if (!conversation) this.draft_model = { provider, model };
    else await this.attempt('conversation_model', { conversation, provider, model });
    if (this.may('settings_update')) {
      await this.settings.update({ default_provider: provider, default_model: model });
    }
  }

  /** The files that go with what is being written there. */
  attaching(conversation: ConversationId | null): Attaching {
    const temporary = conversation ? this.library.get(conversation)?.temporary === true : this.draft_temporary;
    const place = conversation ?? (temporary ? 'temporary' : 'new');
    const known = this.#attaching.get(place);
    if (known) return known;
    const attaching = new Attaching(this.transport, temporary);
    this.#attaching.set(place, attaching);
    return attaching;
  }

  async restore(conversation: ConversationId): Promise<boolean> {
    const restored = await this.attempt('conversation_restore', { conversation });
    if (restored) this.library.put(restored);
    return restored !== null;
  }

  async delete(conversation: ConversationId): Promise<void> {
    const temporary = this.library.get(conversation)?.temporary;
    if (!(await this.attempt('conversation_delete', { conversation }))) return;
    if (temporary) {
      this.#forget(conversation);
      return;
    }
    toasts.show(m.conversation_deleted(), {
      label: m.undo(),
      run: () => void this.restore(conversation),
    });
    this.#forget(conversation);
  }

  #close(): void {
    this.finding = false;
    sessionStorage.removeItem(SHOWN);
    this.open?.close();
    this.open = null;
  }

  #forget(conversation: ConversationId): void {
    this.library.remove(conversation);
    if (this.open?.state.id === conversation) this.startNew();
  }

  #take(event: LibraryEvent): void {
    switch (event.type) {
      case 'conversation':
        this.library.put(event.conversation);
        if (this.open?.state.id === event.conversation.id) {
          this.open.leafIs(event.conversation.leaf, event.conversation.head);
        }
        break;
      case 'deleted':
        this.#forget(event.conversation);
        break;
      case 'projects':
        if (this.may('projects_list')) void this.library.loadProjects();
        break;
      case 'settings':
        if (this.may('settings_get')) void this.#reloadSettings();
        break;
      case 'assistants':
        void this.assistants.load().catch(() => {});
        break;
      case 'backups':
        if (this.may('backups_list')) void this.backups.load();
        if (this.may('storage_status')) void this.storage.load();
        break;
      case 'mirror':
        if (this.may('mirror_status')) void this.mirror.load();
        break;
      case 'api':
        if (this.may('api_status')) void this.programs.load();
        break;
      case 'disk':
        this.disk = event.problem;
        break;
      case 'missed':
        void this.#load();
        break;
    }
  }

  async #reloadSettings(): Promise<void> {
    await Promise.all([this.settings.load(), this.providers.load(), this.providers.loadModels()]);
  }
}

let the_app: App | undefined;

/** The page's app, once `main.ts` has made it. */
export function app(): App {
  if (!the_app) throw new Error('The app is not started.');
  return the_app;
}

export function setApp(made: App): void {
  the_app = made;
}
