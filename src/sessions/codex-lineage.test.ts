import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importAll } from '../testing/internal/import-all.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'pointsman-codex-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** How a rollout came to be: from nothing, as a copy of its parent at some call, or as a sub-agent that begins afresh. */
interface Plan {
  readonly parent: number;
  readonly copies: 'none' | 'at-fork' | 'own-times';
  readonly ownCalls: number;
  readonly hasRecords: boolean;
  readonly metaOfParent: boolean;
}

interface Call {
  readonly at: number;
  readonly input: number;
}

const START_AT = Date.UTC(2026, 10, 20, 10);
const iso = (at: number): string => new Date(at).toISOString();

/** Writes rollouts as Codex does and counts the calls that were really made. */
function writeRollouts(folder: string, plans: readonly Plan[], order: readonly number[]): number {
  const histories: Call[][] = [];
  let made = 0;
  for (const [index, plan] of plans.entries()) {
    const { rows, history } = rolloutOf(index, plan, histories, made);
    made += plan.ownCalls;
    histories.push(history);
    const name = `rollout-${String(order[index] ?? index).padStart(3, '0')}-${index}.jsonl`;
    writeFileSync(path.join(folder, name), rows.map((item) => `${JSON.stringify(item)}\n`).join(''));
  }
  return made;
}

function rolloutOf(
  index: number,
  plan: Plan,
  histories: readonly Call[][],
  made: number,
): { readonly rows: readonly unknown[]; readonly history: Call[] } {
  const startedAt = START_AT + index * 600_000;
  const parent = plan.parent < 0 ? undefined : plan.parent;
  const rows: unknown[] = [metaRow(index, parent, startedAt, plan.copies)];
  if (parent !== undefined && plan.metaOfParent) rows.push(metaRow(parent, undefined, startedAt, 'none'));
  rows.push(row(startedAt, 'turn_context', { model: 'gpt-5.2-codex', effort: 'medium' }));
  const history = plan.copies === 'none' || parent === undefined ? [] : [...(histories[parent] ?? [])];
  let total = 0;
  for (const call of history) {
    total += call.input;
    rows.push(countRow(plan.copies === 'at-fork' ? startedAt : call.at, total, call.input));
  }
  for (let own = 1; own <= plan.ownCalls; own += 1) {
    const at = startedAt + own * 20_000;
    // Siblings that begin afresh and do the same work have equal totals: they are still calls of their own.
    const input = 1000 * own;
    total += input;
    history.push({ at, input });
    const record = { response_id: `resp_${made + own}`, usage: usageOf(input) };
    if (plan.hasRecords) rows.push(row(at, 'token_usage_record', record));
    rows.push(countRow(at, total, input), countRow(at + 1, total, input));
  }
  return { rows, history };
}

function row(at: number, type: string, payload: unknown): unknown {
  return { timestamp: iso(at), type, payload };
}

function metaRow(index: number, parent: number | undefined, at: number, copies: Plan['copies']): unknown {
  const from = parent === undefined ? {} : copies === 'none' ? spawnedBy(parent) : { forked_from_id: idOf(parent) };
  return row(at, 'session_meta', { id: idOf(index), timestamp: iso(at), cli_version: '0.145.0', ...from });
}

function spawnedBy(parent: number): object {
  return { source: { subagent: { thread_spawn: { parent_thread_id: idOf(parent) } } } };
}

function idOf(index: number): string {
  return `019e0000-0000-7000-8000-${String(index).padStart(12, '0')}`;
}

function usageOf(input: number): unknown {
  return { input_tokens: input, cached_input_tokens: 0, output_tokens: 10, reasoning_output_tokens: 0 };
}

function countRow(at: number, total: number, input: number): unknown {
  return row(at, 'event_msg', {
    type: 'token_count',
    info: { total_token_usage: usageOf(total), last_token_usage: usageOf(input) },
  });
}

const plans = fc
  .array(
    fc.record({
      parent: fc.nat(),
      copies: fc.constantFrom('none', 'at-fork', 'own-times'),
      ownCalls: fc.integer({ min: 1, max: 4 }),
      hasRecords: fc.boolean(),
      metaOfParent: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((list) =>
    list.map((plan, index): Plan =>
      index === 0 ? { ...plan, parent: -1, copies: 'none' } : { ...plan, parent: plan.parent % index },
    ),
  );

describe('Codex rollouts that come from others', () => {
  test('every call counts once, whoever copied it and in whatever order the files are read', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.array(fc.nat(99), { minLength: 7, maxLength: 7 }), async (list, order) => {
        const folder = mkdtempSync(path.join(root, 'run-'));
        const made = writeRollouts(folder, list, order);
        const { traces } = await importAll([folder]);
        const calls = traces.flatMap((trace) => trace.threads.flatMap((thread) => thread.calls));
        expect(calls).toHaveLength(made);
        expect(new Set(calls.map((call) => call.callId)).size).toBe(made);
      }),
      { numRuns: 60 },
    );
  });

  test('children of a rollout that is not at hand count what they copied from it once', async () => {
    const folder = mkdtempSync(path.join(root, 'orphans-'));
    const child: Plan = { parent: 0, copies: 'at-fork', ownCalls: 1, hasRecords: false, metaOfParent: true };
    writeRollouts(
      folder,
      [{ ...child, parent: -1, copies: 'none', ownCalls: 2 }, child, { ...child, ownCalls: 2 }],
      [0, 1, 2],
    );
    rmSync(path.join(folder, 'rollout-000-0.jsonl'));
    const { traces } = await importAll([folder]);
    expect(traces.map((trace) => trace.threads[0]?.calls.length)).toEqual([3, 2]);
    expect(traces.map((trace) => trace.branchedFrom)).toEqual([idOf(0), idOf(0)]);
  });

  test('a fork of a fork knows the calls of the oldest, where the one between is gone', async () => {
    const folder = mkdtempSync(path.join(root, 'gap-'));
    const history = (at: number): readonly unknown[] => [countRow(at, 100, 100), countRow(at, 300, 200)];
    const fork = (index: number, parent: number): unknown =>
      metaRow(index, parent, START_AT + index * 600_000, 'at-fork');
    const model = row(START_AT, 'turn_context', { model: 'gpt-5.2-codex' });
    const at = START_AT + 2 * 600_000;
    const files = {
      'rollout-a.jsonl': [fork(2, 1), fork(1, 0), fork(0, 0), model, ...history(at), countRow(at, 600, 300)],
      'rollout-b.jsonl': [metaRow(0, undefined, START_AT, 'none'), model, ...history(START_AT + 20_000)],
    };
    for (const [name, rows] of Object.entries(files))
      writeFileSync(path.join(folder, name), rows.map((item) => JSON.stringify(item)).join('\n'));
    const { traces } = await importAll([folder]);
    expect(traces.map((trace) => trace.threads[0]?.calls.length)).toEqual([2, 1]);
  });

  test('a call counted before any row named a model is of the one named next', async () => {
    const folder = mkdtempSync(path.join(root, 'late-'));
    const rows = [
      metaRow(0, undefined, START_AT, 'none'),
      countRow(START_AT + 1, 1000, 1000),
      row(START_AT + 2, 'turn_context', { model: 'gpt-5.2-codex' }),
      countRow(START_AT + 3, 3000, 2000),
    ];
    writeFileSync(path.join(folder, 'rollout-a.jsonl'), rows.map((item) => JSON.stringify(item)).join('\n'));
    const { traces } = await importAll([folder]);
    expect(traces[0]?.threads[0]?.calls.map((call) => call.requestedModel)).toEqual(['gpt-5.2-codex', 'gpt-5.2-codex']);
  });
});
