import type { StepKind } from '../../domain/step.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import type { Workload } from '../simulation/workload.ts';
import { byAbility, byListPrice } from './baselines.ts';

type Tier = 0 | 1 | 2;

/** The rule's roles (orchestrate, implement, mechanical, verify, finalize) for our kinds of step, with their tier. */
const TIER_OF_KIND: Readonly<Record<StepKind, Tier>> = {
  plan: 2,
  code: 2,
  review: 1,
  test: 1,
  explore: 0,
  summarize: 0,
  other: 1,
};

/** Larger prompts are the `context` risk, a tier up. */
const CONTEXT_RISK_TOKENS = 100_000;
/** Consecutive failures that move a key up, and adequate steps that lock a moved key back. */
const ESCALATE_AFTER = 2;
const LOCK_AFTER = 3;

interface Counter {
  failed: number;
  adequate: number;
  lift: number;
}

/**
 * A fixed table from (kind, risk) to a tier, without chance: a key that failed twice running moves up one tier, and comes back
 * after three adequate steps. Steps that use tools are never on the lowest tier.
 */
export const bitrouterTable: ReplayPolicy = {
  name: 'bitrouter-table',
  summary: 'A table from role and risk to a tier, moved by counted failures only.',
  source: 'bitrouter, main of 2026-08-22; roles mapped to our kinds',
  start(work) {
    const tiers = tierModels(work);
    const counters = new Map<string, Counter>();
    let key = '';
    let step = -1;
    let current = 0;
    return {
      choose({ index, isStepStart }) {
        if (!isStepStart) return current;
        if (step >= 0) count(counters, key, didFail(work, step));
        step = work.stepOf[index] ?? 0;
        const info = work.steps[step];
        const kind = info?.kind ?? 'other';
        const risk = (work.promptTokens[index] ?? 0) > CONTEXT_RISK_TOKENS ? 'context' : 'normal';
        key = `${kind}/${risk}`;
        const usesTools = kind !== 'summarize';
        const base = Math.max(TIER_OF_KIND[kind] + (risk === 'context' ? 1 : 0), usesTools ? 1 : 0);
        current = tiers[Math.min(2, base + (counters.get(key)?.lift ?? 0)) as Tier];
        return current;
      },
    };
  },
};

function count(counters: Map<string, Counter>, key: string, failed: boolean): void {
  const counter = counters.get(key) ?? { failed: 0, adequate: 0, lift: 0 };
  counters.set(key, counter);
  if (failed) {
    counter.failed += 1;
    counter.adequate = 0;
    if (counter.failed >= ESCALATE_AFTER) Object.assign(counter, { lift: 1, failed: 0 });
    return;
  }
  counter.failed = 0;
  counter.adequate += 1;
  if (counter.adequate >= LOCK_AFTER) Object.assign(counter, { lift: 0, adequate: 0 });
}

/** What the log shows after a step: a person corrected it, or its last test run was red. */
function didFail(work: Workload, step: number): boolean {
  const source = work.thread.steps[work.steps[step]?.sourceIndex ?? -1];
  if (source === undefined) return false;
  if (source.correctedAfter) return true;
  const calls = work.thread.calls.slice(source.firstCallIndex, source.firstCallIndex + source.callCount);
  return calls.flatMap((call) => call.toolCalls).findLast((tool) => tool.tests !== undefined)?.tests === 'red';
}

/** The cheapest, the middle by price, and the most able candidate. */
function tierModels(work: Workload): readonly [number, number, number] {
  const ladder = byListPrice(work);
  return [ladder[0] ?? 0, ladder[Math.floor(ladder.length / 2)] ?? 0, byAbility(work)[0] ?? 0];
}
