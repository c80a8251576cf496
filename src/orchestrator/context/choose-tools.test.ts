import { describe, expect, test } from 'vitest';
import { asId } from '../../domain/ids.ts';
import type { Warmth } from '../../domain/warmth.ts';
import { decide } from '../../router/decide.ts';
import { aDecideInput, aPolicy, aStep, aStepSize, aWarmth } from '../../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache } from '../../testing/model-builders.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import type { Agent } from '../model/agent-file.ts';
import { planStep, type JobStep } from '../model/job-plan.ts';
import { toolListFor, withSharedHead } from './choose-tools.ts';
import { freshHead, sharedHead } from './step-heads.ts';

type Run = Parameters<typeof toolListFor>[0];

const model = aModel({
  prices: { base: aPriceRow({ input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: 0 }),
});
const judge: JobStep = { ...planStep('x'), stepId: asId('judge'), kind: 'review' };

function tool(name: string, charCount: number): RegisteredTool {
  const spec = { name, description: 'd'.repeat(charCount), inputSchema: { type: 'object' as const } };
  return { spec, server: 's', serverTool: name, risk: 'read-only' } as unknown as RegisteredTool;
}

/** A job whose reviewer may use the first tool only; `restChars` is how long the rest of the list is. */
function aRun(restChars: number): Run {
  const agent = { kind: 'review', contract: 'review', prompt: 'P'.repeat(400), tools: ['mine'], modes: ['isolate'] };
  return {
    agents: new Map([['review', agent as unknown as Agent]]),
    tools: { tools: [tool('mine', 8000), tool('rest', restChars)] },
    entry: { request: { workspace: '/w' } },
  } as unknown as Run;
}

function warmFor(run: Run, which: 'shared' | 'own' | 'none'): readonly Warmth[] {
  const head = which === 'none' ? undefined : which === 'shared' ? sharedHead(run) : freshHead(run, judge);
  const base = aWarmth(model, 0);
  const { lastUsedAt, ttlMs } = base;
  const held = head === undefined ? [] : [{ key: head.key, warmTokens: head.tokens, hitRatio: 1, lastUsedAt, ttlMs }];
  return [{ ...base, ...(held.length === 0 ? {} : { heads: held }) }];
}

function chosen(run: Run, warmth: readonly Warmth[], callCount = 2): ReturnType<typeof toolListFor> {
  const head = freshHead(run, judge);
  const input = aDecideInput({
    models: [model],
    policy: aPolicy({ dial: 10 }),
    warmth: withSharedHead(run, [{ step: judge, callCount }], [model], warmth),
    step: aStep({
      modes: ['isolate'],
      size: aStepSize({ callCount, isolateTokens: 3500 }),
      ...(head === undefined ? {} : { freshHead: head }),
    }),
  });
  const decision = decide(input);
  if (decision.kind === 'refuse') throw new Error('refused');
  const answer = toolListFor(run, judge, { input, decision, warmth });
  // What was decided with is what the cheaper list bills, but for a token that was rounded away.
  const bill = decision.candidates[0]?.billNanoUsd ?? 0;
  const cheaper = Math.min(answer?.sameNanoUsd ?? Infinity, answer?.fewerNanoUsd ?? Infinity);
  expect(Math.abs(bill - cheaper)).toBeLessThan(0.01 * bill);
  return answer;
}

describe('the tools of a fresh context', () => {
  test('are those of the job where the model holds them warm and they are not many more', () => {
    const run = aRun(400);
    expect(chosen(run, warmFor(run, 'shared'))).toMatchObject({ choice: 'same-tools' });
  });

  test('are the agent’s own where the rest of the list, read in every call, costs more than its warmth saves', () => {
    const run = aRun(40_000);
    expect(chosen(run, warmFor(run, 'shared'), 8)).toMatchObject({ choice: 'fewer-tools' });
  });

  test('are the agent’s own where nothing is warm, or they are', () => {
    const run = aRun(400);
    expect(chosen(run, warmFor(run, 'none'))).toMatchObject({ choice: 'fewer-tools' });
    expect(chosen(run, warmFor(run, 'own'))).toMatchObject({ choice: 'fewer-tools' });
  });

  test('a head that costs more than it saves is credited with nothing', () => {
    const run = aRun(40_000);
    const warmth = warmFor(run, 'shared');
    expect(withSharedHead(run, [{ step: judge, callCount: 8 }], [model], warmth)[0]?.heads).toHaveLength(1);
  });
});
