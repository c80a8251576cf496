import type { DecideInput, Decision } from '../../domain/decision.ts';
import type { ForecastStep } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import type { Draft } from '../candidates.ts';
import { searchBeam } from './beam-search.ts';
import { buildProblem } from './build-problem.ts';
import { decisionFrameOf, type DecisionFrame } from './decision-frame.ts';
import { openExactSearch } from './exact-search.ts';
import { childCount } from './moves.ts';
import type { Departure, Problem } from './problem.ts';
import { departureOf, rootsOf, type Root } from './roots.ts';
import { giveBack } from './tables.ts';

type Look = Decision['lookahead'];

/**
 * The exact search goes first and gives way to a beam after this many continuations, all roots together: about as much
 * work as the beam's own, while most decisions need a few hundred states. A root that takes a third of it alone tells
 * that the others will not fit.
 */
const EXACT_EXTENSIONS = 90_000;
const MAX_ROOT_SHARE = 1 / 3;

/** What a beam looks at per step, which bounds its time: about this many continuations, from no fewer plans than the least. */
const EXTENSIONS_PER_STEP = 360;
const MIN_WIDTH = 16;

/**
 * Fills each draft's `future` and, for writes of the long class, `longFuture`: the expected cost of the steps to come
 * under the caches that it leaves behind, taken by whichever models and modes are cheapest from there; and in `gap` by
 * how much a better plan might at most undercut that. Exact where the plan is small enough or nothing but provably worse
 * plans was dropped, a beam otherwise. Uncertain forecasts are averaged over their scenarios, each with its own best plan.
 */
export function lookAhead(input: DecideInput, pool: readonly Model[], drafts: readonly Draft[]): Look {
  const none: Look = { method: 'none', stepCount: 0, stateCount: 0 };
  if (drafts.length === 0 || input.policy.lookahead.maxSteps < 1) return none;
  const scenarios = input.scenarios ?? [];
  const rest = 1 - scenarios.reduce((sum, scenario) => sum + scenario.weightRatio, 0);
  const weighted = [{ weightRatio: rest, forecast: input.forecast }, ...scenarios].filter(
    ({ weightRatio, forecast }) => weightRatio > 1e-9 && forecast.length > 0,
  );
  if (weighted.length === 0) return none;
  const frame = decisionFrameOf(input, pool);
  const departure = departureOf(input, drafts);
  let look = none;
  for (const { weightRatio, forecast } of weighted) {
    const steps = forecast.slice(0, input.policy.lookahead.maxSteps);
    look = joined(look, addScenario(frame, departure, drafts, { steps, weight: weightRatio }));
  }
  return look;
}

function addScenario(
  frame: DecisionFrame,
  departure: Departure,
  drafts: readonly Draft[],
  scenario: { readonly steps: readonly ForecastStep[]; readonly weight: number },
): Look {
  const { input } = frame;
  const problem = buildProblem(frame, scenario.steps, departure);
  const roots = rootsOf(input, problem, drafts);
  const found = searchRoots(
    problem,
    roots.map((one) => one.root),
    input.policy.lookahead.beamWidth,
  );
  for (const [at, { root, drafts: own }] of roots.entries()) {
    const nanoUsd = found.nanoUsd[at] ?? 0;
    const share = scenario.weight * nanoUsd;
    const gap = scenario.weight * Math.max(0, nanoUsd - (found.boundNanoUsd[at] ?? nanoUsd));
    const isTwice = root.model >= 0 && problem.canLongNow[root.model] === 1;
    for (const draft of own) {
      if (Number.isFinite(gap)) draft.gap += gap;
      if (!root.isLong) draft.future += share;
      // Where no pause makes the long class worth its price, it leaves what the default one leaves.
      if (root.isLong || !isTwice) draft.longFuture += share;
    }
  }
  giveBack(frame, problem);
  return { method: found.isExact ? 'exact' : 'beam', stepCount: scenario.steps.length, stateCount: found.stateCount };
}

function joined(one: Look, other: Look): Look {
  return {
    method: one.method === 'beam' ? 'beam' : other.method,
    stepCount: Math.max(one.stepCount, other.stepCount),
    stateCount: one.stateCount + other.stateCount,
  };
}

interface RootsFound {
  readonly nanoUsd: readonly number[];
  /** Per root what no plan goes under; the same where the search was exact. */
  readonly boundNanoUsd: readonly number[];
  readonly stateCount: number;
  readonly isExact: boolean;
}

/** The cheapest rest of the plan from each root. */
function searchRoots(problem: Problem, roots: readonly Root[], beamWidth: number): RootsFound {
  const exact = exactly(problem, roots);
  if (exact !== undefined) return exact;
  const affordable = Math.max(MIN_WIDTH, Math.floor(EXTENSIONS_PER_STEP / (problem.modelCount + 1)));
  // Every root has a plan of its own in a beam that is no narrower than they are.
  return searchBeam(problem, roots, Math.max(Math.min(beamWidth, affordable), roots.length));
}

function exactly(problem: Problem, roots: readonly Root[]): RootsFound | undefined {
  const nanoUsd: number[] = [];
  let stateCount = 0;
  const search = openExactSearch(problem);
  const maxStates = Math.floor(EXACT_EXTENSIONS / childCount(problem));
  const maxOfRoot = Math.floor(maxStates * MAX_ROOT_SHARE);
  for (const root of roots) {
    const found = search(root, Math.min(maxOfRoot, maxStates - stateCount));
    if (found === undefined) return undefined;
    nanoUsd.push(found.nanoUsd);
    stateCount += found.stateCount;
  }
  return { nanoUsd, boundNanoUsd: nanoUsd, stateCount, isExact: true };
}
