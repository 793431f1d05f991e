// Words for imports and exports: one for each thing the core can say of them.
import { m } from '../paraglide/messages.js';
import type { ImportFormat, ImportProblem, ImportReport, SkipReason, TransferStep } from '../protocol/generated';
import { join } from './sentences';

/** Names of programs, which are the same in every language. */
export const programs: Record<ImportFormat, string> = {
  chat_gpt: 'ChatGPT',
  claude: 'Claude',
  open_web_ui: 'Open WebUI',
  libre_chat: 'LibreChat',
  chatbox: 'Chatbox',
  next_chat: 'NextChat',
  jan: 'Jan',
  llama_cpp: 'llama.cpp',
  rivulet: 'Rivulet',
};

export const skips: Record<SkipReason, () => string> = {
  hidden: m.x_s_hidden,
  empty: m.x_s_empty,
  stray_tool_output: m.x_s_stray_tool_output,
  unknown_author: m.x_s_unknown_author,
  circle: m.x_s_circle,
  doubled: m.x_s_doubled,
  broken: m.x_s_broken,
  pictures: m.x_s_pictures,
  other_file: m.x_s_other_file,
  conflict: m.x_s_conflict,
};

export const problems: Record<ImportProblem, () => string> = {
  unreadable: m.x_p_unreadable,
  unknown_format: m.x_p_unknown_format,
  cut_short: m.x_p_cut_short,
  not_json: m.x_p_not_json,
  too_deep: m.x_p_too_deep,
  too_large: m.x_p_too_large,
  bomb: m.x_p_bomb,
  bad_zip: m.x_p_bad_zip,
  too_new: m.x_p_too_new,
  empty: m.x_p_empty,
  not_stored: m.x_p_not_stored,
};

export const steps: Record<TransferStep, () => string> = {
  checking: m.x_checking,
  importing: m.x_importing,
  exporting: m.x_exporting,
};

/** What came of an import, in a sentence or two. */
export function outcome(report: ImportReport): string {
  const something = report.new_messages > 0 || report.new_conversations > 0 || report.new_assistants > 0;
  if (report.problem) return join(problems[report.problem](), something ? m.x_partly() : m.x_unchanged());
  if (report.stopped) return something ? m.x_stopped() : m.x_unchanged();
  const done = m.x_done({ program: report.format ? programs[report.format] : m.app_name() });
  return something ? done : join(done, m.x_nothing_new());
}

/** The numbers of a report that say something, each with its name. */
export function figures(report: ImportReport): { name: string; count: number }[] {
  const all = [
    { name: m.x_new_conversations(), count: report.new_conversations },
    { name: m.x_grown(), count: report.grown_conversations },
    { name: m.x_new_assistants(), count: report.new_assistants },
    { name: m.x_new_messages(), count: report.new_messages },
    { name: m.x_branches(), count: report.branches },
    { name: m.x_missing(), count: report.attachments_missing },
    { name: m.x_in_bin(), count: report.in_bin },
  ];
  return all.filter(({ count }) => count > 0);
}
