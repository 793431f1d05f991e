import { describe, expect, it } from 'vitest';
import type { ImportReport } from '../protocol/generated';
import { figures, outcome, problems } from './exchange';

const nothing: ImportReport = {
  format: null,
  conversations: 0,
  messages: 0,
  branches: 0,
  attachments_missing: 0,
  new_conversations: 0,
  grown_conversations: 0,
  new_messages: 0,
  assistants: 0,
  new_assistants: 0,
  in_bin: 0,
  skipped: [],
  secrets: [],
  stopped: false,
  problem: null,
};

describe('what came of an import', () => {
  it('says from where it came, and when nothing was new', () => {
    const report: ImportReport = { ...nothing, format: 'chat_gpt', conversations: 2, messages: 9 };
    expect(outcome({ ...report, new_conversations: 2, new_messages: 9 })).toBe('Imported from ChatGPT.');
    expect(outcome(report)).toBe('Imported from ChatGPT. Everything in it was here already.');
  });

  it('says what to do about a problem and what became of what is here', () => {
    for (const problem of Object.keys(problems) as (keyof typeof problems)[]) {
      expect(outcome({ ...nothing, problem })).toContain('Nothing was changed.');
    }
    expect(outcome({ ...nothing, problem: 'not_stored', new_messages: 3 })).toContain('What came in before is here');
    expect(outcome({ ...nothing, stopped: true, new_messages: 3 })).toContain('Stopped.');
    expect(outcome({ ...nothing, stopped: true })).toBe('Nothing was changed.');
  });

  it('shows the numbers that are not zero', () => {
    expect(figures(nothing)).toEqual([]);
    expect(figures({ ...nothing, new_messages: 4, attachments_missing: 1 }).map(({ count }) => count)).toEqual([4, 1]);
  });
});
