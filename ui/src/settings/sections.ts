import { m } from '../paraglide/messages.js';
import { ACTIONS } from '../shortcuts';
import type { SettingsSection } from '../state/app.svelte';

interface Section {
  id: SettingsSection;
  title: () => string;
  /** Words that lead here, besides the title. */
  words: (() => string)[];
}

export const SECTIONS: Section[] = [
  {
    id: 'providers',
    title: m.s_providers,
    words: [m.p_key, m.p_address, m.p_models, m.p_add, m.p_local, m.p_test, m.p_proxy],
  },
  { id: 'cost', title: m.cost, words: [m.brake, m.cost_days, m.cost_by_provider, m.cost_tokens, m.cost_money] },
  {
    id: 'appearance',
    title: m.s_appearance,
    words: [m.theme, m.theme_dark, m.theme_light, m.accent, m.density, m.text_size, m.font, m.language, m.stylesheet],
  },
  {
    id: 'writing',
    title: m.s_writing,
    words: [m.send_key, m.send_enter, m.send_mod_enter, m.paste_limit, m.announce, m.announce_pace, m.when_closed],
  },
  { id: 'context', title: m.s_context, words: [m.title_model, m.summary_model, m.when_full, m.summarise] },
  { id: 'prompts', title: m.s_prompts, words: [m.prompt, m.prompt_new] },
  { id: 'assistants', title: m.s_assistants, words: [m.assistant, m.instructions, m.a_new, m.a_starters] },
  { id: 'shortcuts', title: m.s_shortcuts, words: [m.keys_note, ...ACTIONS.map((action) => action.label)] },
  { id: 'demo', title: m.s_demo, words: [m.demo_rate, m.replay, m.replay_note] },
  { id: 'network', title: m.s_network, words: [m.ca_files, m.ca_path, m.p_proxy] },
  { id: 'mirror', title: m.s_mirror, words: [m.mirror_switch, m.mirror_port, m.links] },
  { id: 'api', title: m.s_api, words: [m.api_switch, m.api_token_new, m.api_list] },
  {
    id: 'exchange',
    title: m.x_title,
    words: [m.x_import_note, m.x_export_note, m.x_all_archive, m.x_all_markdown, m.x_all_html],
  },
  { id: 'backups', title: m.backups, words: [m.backup_now, m.backup_restore, m.backup_note] },
  {
    id: 'storage',
    title: m.storage,
    words: [m.st_note, m.st_folder, m.st_passphrase, m.backup_restore, m.st_merge, () => 'WebDAV S3'],
  },
  { id: 'bin', title: m.bin, words: [m.bin_restore, m.bin_empty, m.delete] },
  { id: 'privacy', title: m.s_privacy, words: [m.data_folder, m.logs, m.logs_note] },
  { id: 'about', title: m.s_about, words: [m.version] },
];

/** A section is read from where its heading stands in the upper part of the page. */
const READ_AT = 0.25;

/**
 * Which section is read. `tops`: where they begin, from the page's upper edge, in their order; `asked`: the one that was
 * asked for, if the page cannot be scrolled further: it is read where it can be seen.
 */
export function inView(
  tops: readonly { id: SettingsSection; top: number }[],
  height: number,
  asked: SettingsSection | null,
): SettingsSection | undefined {
  if (tops.some(({ id, top }) => id === asked && top >= 0 && top < height)) return asked ?? undefined;
  return (tops.findLast(({ top }) => top <= height * READ_AT) ?? tops[0])?.id;
}

/** The sections that have all words of the query in them. */
export function find(query: string): Section[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return SECTIONS.filter((section) => {
    const text = [section.title, ...section.words].map((word) => word().toLowerCase()).join('\n');
    return words.every((word) => text.includes(word));
  });
}
