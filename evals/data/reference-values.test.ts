import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OutcomeRow } from '../../src/learn/training/outcome-row.ts';
import { hashBucket } from '../../src/stats/seeded-random.ts';
import { loadOutcomeSet, splitKey } from './outcome-sets.ts';

const dataDir = process.env['POINTSMAN_DATA'] ?? path.join(import.meta.dirname, '../../../shared/data');
const has = existsSync(path.join(dataDir, 'openhands_index.jsonl.gz'));

/** Best mean score and the oracle's, over models run on at least 98 % of the rows. */
function bestAndOracle(rows: readonly OutcomeRow[]): { readonly best: number; readonly oracle: number } {
  const counts = new Map<string, number>();
  for (const row of rows)
    for (const model of Object.keys(row.outcomes)) counts.set(model, (counts.get(model) ?? 0) + 1);
  const models = [...counts].filter(([, count]) => count >= 0.98 * rows.length).map(([model]) => model);
  const means = models.map(
    (model) => rows.reduce((sum, row) => sum + (row.outcomes[model]?.score ?? 0), 0) / (counts.get(model) ?? 1),
  );
  const tops = rows.map((row) => Math.max(...models.map((model) => row.outcomes[model]?.score ?? 0)));
  return { best: Math.max(...means), oracle: tops.reduce((sum, top) => sum + top, 0) / rows.length };
}

describe.skipIf(!has)('outcome rows have the published values', () => {
  test.each([
    ['openhands', 'oh-swe-bench/', 397, 0.9547, 0.9748],
    ['openhands', 'oh-gaia/', 136, 0.8676, 0.9779],
    ['mcpmark', 'mcpmark/', 99, 0.5758, 0.8106],
    ['miniswe', 'swev/', 397, 0.7406, 0.8715],
    ['routellm', 'mmlu/', 11_277, 0.8072, 0.8596],
    ['routellm', 'gsm8k/', 1025, 0.8585, 0.9307],
    ['ulab', 'ulab/', 4862, 0.619, 0.7997],
  ] as const)('%s %s', (set, prefix, count, best, oracle) => {
    const rows = loadOutcomeSet(dataDir, set).filter((row) => row.id.startsWith(prefix));
    expect(rows.length).toBe(count);
    const values = bestAndOracle(rows);
    expect(values.best).toBeCloseTo(best, 3);
    expect(values.oracle).toBeCloseTo(oracle, 3);
  });

  test('the split rule gives back every row of the agent sets', () => {
    const rows = [...loadOutcomeSet(dataDir, 'openhands'), ...loadOutcomeSet(dataDir, 'mcpmark')];
    for (const row of rows) expect(hashBucket(splitKey(row), 'router-v1') < 60, row.id).toBe(row.split === 'train');
  });
});
