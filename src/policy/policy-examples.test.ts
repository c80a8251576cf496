import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { decideExample } from '../decisions/decide-example.ts';
import type { Decision } from '../domain/decision.ts';
import { decide } from '../router/decide.ts';
import { exampleFaults } from './example-faults.ts';
import { loadPolicies } from './load-policies.ts';

const catalog = loadCatalog();
const policies = loadPolicies(catalog);

test('the shipped policies are there, each with examples', () => {
  expect([...policies.keys()].sort()).toEqual([
    'balanced',
    'eu-only',
    'fast',
    'health-data',
    'local-only',
    'quality-first',
    'steady',
    'thrifty',
  ]);
  expect([...policies.values()].filter((loaded) => loaded.examples.length === 0)).toEqual([]);
});

describe.each([...policies.values()])('policy $policy.id', ({ policy, examples }) => {
  test.each(examples)('$say', (example) => {
    const decision = decideExample(example, policy, { catalog, decide });
    expect(exampleFaults(example, decision, catalog), summaryOf(decision)).toEqual([]);
  });
});

/** The table behind a decision, for the message of a failed example. */
function summaryOf(decision: Decision): string {
  const rows = decision.candidates.map(
    (row) =>
      `${row.model}/${row.mode} bill ${row.billNanoUsd / 1e9} fail ${row.failureNanoUsd / 1e9} ladder ${row.ladderNanoUsd / 1e9} ` +
      `(${row.ladder.map((rung) => rung.model).join('>')}) total ${row.totalNanoUsd / 1e9}`,
  );
  const out = decision.rejected.map((row) => `${row.model}/${row.mode ?? '*'} ${row.code}: ${row.why}`);
  return [...rows, ...out].join('\n');
}
