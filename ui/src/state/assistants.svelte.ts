import type { AssistantCard, AssistantId, AssistantSave } from '../protocol/generated';
import type { Transport } from '../transport/types';

/** The assistants as far as this page is shown them. */
export class AssistantsState {
  /** In their order; deleted ones where a conversation still has them. */
  all = $state.raw<readonly AssistantCard[]>([]);
  /** Who leads the conversation that does not exist yet. */
  draft = $state<AssistantId | null>(null);
  /** The own instructions of the conversation that does not exist yet. */
  draft_prompt = $state<string | null>(null);
  readonly offered = $derived(this.all.filter(({ deleted }) => !deleted));
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async load(): Promise<void> {
    this.all = await this.#transport.call('assistants_list', {});
  }

  get(id: AssistantId | null | undefined): AssistantCard | undefined {
    return this.all.find((card) => card.id === id);
  }

  /** The next conversation begins without anybody. */
  forgetDraft(): void {
    this.draft = null;
    this.draft_prompt = null;
  }

  async save(assistant: AssistantSave): Promise<void> {
    await this.#transport.call('assistant_save', assistant);
    await this.load();
  }

  async duplicate({ id }: AssistantCard): Promise<void> {
    const { name, ...same } = await this.#transport.call('assistant_read', { assistant: id });
    const { mark, prompt, provider, model, controls, starters } = same;
    await this.save({ name: numbered(name), mark, prompt, provider, model, controls, starters });
  }

  async remove({ id }: AssistantCard): Promise<void> {
    await this.#transport.call('assistant_delete', { assistant: id });
    await this.load();
  }

  async restore({ id }: AssistantCard): Promise<void> {
    await this.#transport.call('assistant_restore', { assistant: id });
    await this.load();
  }

  /** One place up or down among those that are offered. */
  async move({ id }: AssistantCard, by: 1 | -1): Promise<void> {
    const assistants = moved(
      this.offered.map((card) => card.id),
      id,
      by,
    );
    await this.#transport.call('assistants_order', { assistants });
    await this.load();
  }
}

export function moved(ids: readonly string[], id: string, by: 1 | -1): string[] {
  const order = [...ids];
  const from = order.indexOf(id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= order.length) return order;
  order.splice(from, 1);
  order.splice(to, 0, id);
  return order;
}

/** The name of a copy: `Guide (2)`, and of a copy of that `Guide (3)`. */
export function numbered(name: string): string {
  const [, base = name, number = '1'] = / \((\d{1,6})\)$/.test(name) ? (/^(.*) \((\d+)\)$/.exec(name) ?? []) : [];
  return `${[...base].slice(0, 70).join('')} (${Number(number) + 1})`;
}

/** The first sign as a person sees it: an emoji may be put together of several. */
export function firstSign(text: string): string {
  const trimmed = text.trim();
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(trimmed);
  const sign = first?.segment ?? '';
  return [...sign].length > 12 ? '' : sign;
}
