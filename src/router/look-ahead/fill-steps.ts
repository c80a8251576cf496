import { peakFactorAt } from '../../catalog/bill.ts';
import type { ForecastStep } from '../../domain/forecast.ts';
import { isNamedIn } from '../../domain/model.ts';
import type { Ratio } from '../../domain/time.ts';
import { UNKNOWN_SUCCESS } from '../candidates.ts';
import { stepFailureNanoUsd } from '../dial.ts';
import { modesFor, rejectForRequirements } from '../eligibility.ts';
import { groupIndices } from '../hosts.ts';
import { combineChecks, type CombinedCheck } from '../ladder.ts';
import { rejectForKind } from '../policy-limits.ts';
import { shapeOf, type StepCost } from '../step-cost.ts';
import { clampRatio, insideHitRatio } from '../step-terms.ts';
import type { DecisionFrame } from './decision-frame.ts';
import { fillContinue } from './fill-continue.ts';
import { fillFresh } from './fill-fresh.ts';
import { successesOf } from './pool-frame.ts';
import { coldBill, type Afterwards, type Pricing, type Range, type Taker } from './pricing.ts';
import type { Departure, Tables } from './problem.ts';

/** Prices every way to take each step. */
export function fillSteps(
  tables: Tables,
  frame: DecisionFrame,
  steps: readonly ForecastStep[],
  departure: Departure,
): void {
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  tables.fresh.fill(Number.POSITIVE_INFINITY);
  let range: Range = { low: departure.minTranscript, high: departure.maxTranscript };
  let meets = range;
  for (const [at, step] of steps.entries()) {
    // Branches of a parallel group all meet the transcript as it was before the first of them.
    const before = at === 0 ? tables.currentGroup : (tables.group[at - 1] ?? -1);
    const joins = tables.group[at] !== -1 && tables.group[at] === before;
    if (!joins) meets = range;
    tables.shortest[at] = meets.low;
    tables.instruction[at] = step.size.instructionTokens;
    tables.freshGrowth[at] = step.size.resultTokens;
    const gamma = stepFailureNanoUsd(frame.input.policy, step);
    const growth = fillStep({ tables, frame, step, at, meets, gamma, cost });
    range = { low: range.low + growth.low, high: range.high + growth.high };
  }
}

/** Returns by how much the transcript may grow. */
function fillStep(pricing: Pricing): Range {
  const { tables, frame, step, at } = pricing;
  const { policy, session } = frame.input;
  const modes = modesFor(policy, step.kind, step.modes);
  const check = policy.ladder.maxRungs > 1 ? combineChecks(step.checks, policy.ladder.pessimismQuantile) : undefined;
  const takers = takersOf(pricing);
  const groups = groupIndices(frame.pool.models);
  const tails = check === undefined ? NO_TAILS : tailsOf(pricing, takers, modes);
  const hasFresh = modes.some((mode) => mode !== 'continue');
  let least = takers.length === 0 ? 0 : hasFresh ? step.size.resultTokens : Number.POSITIVE_INFINITY;
  let most = hasFresh ? step.size.resultTokens : 0;
  for (const taker of takers) {
    const tail = tails[0]?.group === groups[taker.index] ? tails[1] : tails[0];
    const rest = afterwards(taker.success, pricing.gamma, check, tail);
    const cell = at * tables.modelCount + taker.index;
    tables.perDrift[cell] = rest.perDrift * step.probabilityRatio;
    for (const mode of modes) {
      if (mode !== 'continue') {
        fillFresh(pricing, taker, mode, rest);
        continue;
      }
      if (session.boundTo !== undefined && session.boundTo !== taker.model.endpoint) continue;
      fillContinue(pricing, taker, rest.cost);
      if (tables.canContinue[cell] === 0) continue;
      const growth = tables.growth[cell] ?? 0;
      least = Math.min(least, growth);
      most = Math.max(most, growth);
    }
  }
  return { low: Number.isFinite(least) ? least : 0, high: most };
}

function takersOf({ tables, frame, step, at }: Pricing): readonly Taker[] {
  const { pool, warmth, input } = frame;
  const startsAt = tables.startsAt[at] ?? 0;
  const successes = successesOf(pool, step.quality);
  const takers: Taker[] = [];
  for (let index = 0; index < pool.models.length; index += 1) {
    const model = pool.models[index];
    const rates = pool.rates[index];
    if (model === undefined || rates === undefined) continue;
    if (step.onlyModels !== undefined && !isNamedIn(step.onlyModels, model)) continue;
    if (rejectForKind(input.policy, model, step.kind) !== undefined) continue;
    if (rejectForRequirements(step.requirements, model) !== undefined) continue;
    takers.push({
      index,
      model,
      rates,
      success: successes[index] ?? UNKNOWN_SUCCESS,
      factor: (pool.penalty[index] ?? 1) * peakFactorAt(model.prices, startsAt),
      insideHitRatio: insideHitRatio(model, warmth[index], step.callGapMs),
    });
  }
  return takers;
}

/** The last rung of a ladder. */
interface Tail {
  readonly index: number;
  /** Another host of the same model would fail as it did. */
  readonly group: number;
  readonly nanoUsd: number;
}

const NO_TAILS: readonly Tail[] = [];

/** What an escalation would cost on each model at its cheapest, cheapest first: fresh, or continued from cold. */
function tailsOf(pricing: Pricing, takers: readonly Taker[], modes: Pricing['step']['modes']): readonly Tail[] {
  const { step, meets, gamma } = pricing;
  const groups = groupIndices(pricing.frame.pool.models);
  const tails = takers
    .map((taker): Tail => {
      const bills = modes.map((mode) =>
        coldBill(
          pricing,
          taker,
          shapeOf(taker.model, step.size, mode, meets.low, pricing.tables.mediaTokens[taker.index]),
        ),
      );
      const group = groups[taker.index] ?? taker.index;
      return { index: taker.index, group, nanoUsd: Math.min(...bills) + (1 - taker.success) * gamma };
    })
    .sort((a, b) => a.nanoUsd - b.nanoUsd || a.index - b.index);
  const second = tails.find(({ group }) => group !== tails[0]?.group);
  return [...tails.slice(0, 1), ...(second === undefined ? [] : [second])];
}

/** Of a step that succeeds with probability p; `tail` takes over where the check rejects, if that is cheaper. */
function afterwards(
  success: Ratio,
  gamma: number,
  check: CombinedCheck | undefined,
  tail: Tail | undefined,
): Afterwards {
  const bad = 1 - clampRatio(success);
  const alone = { cost: bad * gamma, perDrift: gamma };
  if (check === undefined || tail === undefined || !Number.isFinite(tail.nanoUsd)) return alone;
  const accepted = (1 - check.sensitivity) * gamma;
  const rejected = (1 - bad) * check.falseAlarm + bad * check.sensitivity;
  const laddered = check.costNanoUsd + rejected * tail.nanoUsd + bad * accepted;
  if (laddered >= alone.cost) return alone;
  return { cost: laddered, perDrift: (check.sensitivity - check.falseAlarm) * tail.nanoUsd + accepted };
}
