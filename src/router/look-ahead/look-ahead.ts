import { MAX_STATES, openExactSearch } from './exact-search.ts';
import { departureOf, rootsOf } from './roots.ts';
import type { DecideInput, Decision } from '../../domain/decision.ts';
import type { Draft } from '../candidates.ts';
import type { ForecastStep } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import type { DecisionFrame } from './decision-frame.ts';
import type { Departure, Problem } from './problem.ts';
import type { Root } from './roots.ts';
import { buildProblem } from './build-problem.ts';
import { decisionFrameOf } from './decision-frame.ts';
import { giveBack } from './tables.ts';
import { searchBeam } from './beam-search.ts';

type Look = Decision['lookahead'];

/** Plans of this many combinations or fewer are tried exactly first. */
const EXACT_COMBINATIONS = 200_000;

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
  const width = Math.min(beamWidth, Math.max(MIN_WIDTH, Math.floor(EXTENSIONS_PER_STEP / (problem.modelCount + 1))));
  return (isSmall(problem) ? exactly(problem, roots) : undefined) ?? searchBeam(problem, roots, width);
}

function isSmall(problem: Problem): boolean {
  let combinations = 1;
  for (let step = 0; step < problem.stepCount; step += 1) {
    let options = freshOptions(problem, step);
    for (let model = 0; model < problem.modelCount; model += 1) {
      options += problem.canContinue[step * problem.modelCount + model] ?? 0;
      options += problem.canLong[step * problem.modelCount + model] ?? 0;
    }
    combinations *= options;
    if (combinations > EXACT_COMBINATIONS) return false;
  }
  return true;
}

/** Fresh contexts of a step that may be worth telling apart. */
function freshOptions(problem: Problem, step: number): number {
  const { freshWidth, headCount, modelCount, fresh, familyCount, headWorth } = problem;
  const head = problem.freshHead[step] ?? -1;
  if (freshWidth === 1 || head < 0) return 1;
  const from = (step * familyCount + problem.incumbentFamily) * freshWidth;
  const least = Math.min(...fresh.subarray(from, from + freshWidth));
  let count = 0;
  for (let model = 0; model < modelCount; model += 1) {
    const worth = headWorth[((step + 1) * headCount + head) * modelCount + model] ?? 0;
    if ((fresh[from + model] ?? Number.POSITIVE_INFINITY) - least <= worth) count += 1;
  }
  return Math.max(1, count);
}

function exactly(problem: Problem, roots: readonly Root[]): RootsFound | undefined {
  const nanoUsd: number[] = [];
  let stateCount = 0;
  const search = openExactSearch(problem);
  for (const root of roots) {
    const found = search(root, MAX_STATES - stateCount);
    if (found === undefined) return undefined;
    nanoUsd.push(found.nanoUsd);
    stateCount += found.stateCount;
  }
  return { nanoUsd, boundNanoUsd: nanoUsd, stateCount, isExact: true };
}
