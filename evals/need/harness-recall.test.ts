import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { originOfCall } from '../../src/gateway/sessions/origin-of-call.ts';
import { plainBrief } from '../../src/wires/shared/body-facts.ts';
import { harnessFigures, readRecorded } from './harness-recall.ts';

test('harnesses’ own calls are known, with and without what they declare, and nobody’s work is taken for one', () => {
  const wrong = readRecorded().filter(
    ({ call, readAs }) => readAs !== (call.expects === 'person' ? 'work' : call.expects),
  );
  const shown = wrong.map(({ call, isDeclared, readAs }) => [call.client, call.expects, readAs, isDeclared]);
  const figures = harnessFigures();
  expect(figures['need.harness.recall.pct']?.value, JSON.stringify(shown)).toBeGreaterThanOrEqual(95);
  expect(figures['need.harness.task.pct']?.value).toBeGreaterThanOrEqual(90);
  expect(figures['need.harness.false.pct']?.value, JSON.stringify(shown)).toBe(0);
});

const STEPS = path.resolve(import.meta.dirname, '../../../shared/data/steps_labelled.jsonl.gz');

/** Rows that were written as a harness's own orders: names for sessions, topics, accounts before a cut, a greeting on return. */
const ORDERS =
  /\b(?:title generation|topic detection|topic switch|compaction|window title|instructions for a title|away recap)\b/u;

test.skipIf(!existsSync(STEPS))(
  'of thousands of steps that people wrote, none is a harness’s (skipped: no data)',
  () => {
    const rows = gunzipSync(readFileSync(STEPS)).toString().trim().split('\n');
    let persons = 0;
    const taken: string[] = [];
    for (const line of rows) {
      const { text, why } = JSON.parse(line) as { readonly text: string; readonly why: string };
      if (text === '' || ORDERS.test(why)) continue;
      persons += 1;
      for (const tools of [[{ name: 'Bash' }], []]) {
        const messages = [{ role: 'user', content: text }];
        const body = { messages, tools, system: 'You are a coding agent.', max_tokens: 8000 };
        if (originOfCall({ items: messages, headers: {}, body, brief: plainBrief(body) }, false).by === 'harness')
          taken.push(text.slice(0, 200));
      }
    }
    expect(persons).toBeGreaterThan(4500);
    expect(taken).toEqual([]);
  },
);
