import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Failure, FinishReason, MessageState } from '../protocol/generated';
import { language } from '../state/language.svelte';
import { type Ending, ending } from './ending';

interface Case {
  case: string;
  requests: number;
  state: MessageState;
  text: string;
  finish_reason: FinishReason | null;
  failure: Failure | null;
}

interface Row {
  row: number;
  fault: string;
  cases: Case[];
}

/** What the engine made of each fault, written down by its own tests. */
const OUTCOMES = '../crates/engine/tests/faults/outcomes';
const rows = readdirSync(OUTCOMES)
  .sort()
  .map((file) => JSON.parse(readFileSync(`${OUTCOMES}/${file}`, 'utf8')) as Row);

async function told(seen: Case, tongue: 'en' | 'zh-CN'): Promise<Ending | null> {
  await language.choose(tongue);
  return ending(seen, { model: 'test-model', tokens: 9000 });
}

it('there is a row for each fault', () => {
  expect(rows.map((row) => row.row)).toEqual(Array.from({ length: 46 }, (_, at) => at + 1));
});

it('what a person reads and is offered for each fault, in both languages', async () => {
  let lines = '';
  for (const { row, fault, cases } of rows) {
    lines += `${row} ${fault}\n`;
    for (const seen of cases) {
      const [english, chinese] = [await told(seen, 'en'), await told(seen, 'zh-CN')];
      lines += `  ${seen.case}: asked ${seen.requests}, ${seen.state}\n`;
      if (!english || !chinese) {
        // Whole answers need no words; all others do.
        expect([seen.state, seen.finish_reason], seen.case).toEqual(['complete', 'stop']);
        lines += '    nothing is said\n';
        continue;
      }
      expect(english.steps).toEqual(chinese.steps);
      expect(english.steps.length, `${seen.case}: a next step`).toBeGreaterThan(0);
      expect(chinese.sentence).toMatch(/\p{Script=Han}/u);
      expect(english.sentence).not.toMatch(/\p{Script=Han}|undefined|[{}]/u);
      if (seen.state === 'failed' && seen.text) expect(english.sentence).toContain('What came is kept.');
      lines += `    ${english.sentence}\n    ${chinese.sentence}\n    offered: ${english.steps.join(', ')}\n`;
    }
  }
  await expect(lines).toMatchFileSnapshot('testdata/faults.txt');
});
