import type { DecideInput, Route } from '../domain/decision.ts';
import { lastPromptTokens, shapeOf, transcriptAfter } from './step-cost.ts';
import { roundNanoUsd, toNanoUsd } from '../domain/money.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import type { ModelId, StepId } from '../domain/ids.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind, StepMode } from '../domain/step.ts';
import type { Warmth } from '../domain/warmth.ts';
import { asId } from '../domain/ids.ts';
import { cheapestStay } from './guards.ts';
import { decide } from './decide.ts';

/** One step of a plan as it would be routed from here. */
export interface PlannedStep {
  readonly stepId: StepId | undefined;
  readonly kind: StepKind;
  readonly model: ModelId;
  readonly mode: StepMode;
  /** Its expected bill, with checks and second tries, if it happens. */
  readonly billNanoUsd: NanoUsd;
  /** The decision as it would fall, with its reasons. */
  readonly route: Route;
}

/** What a plan is expected to bill before anything is spent, with a 90 % interval. */
export interface PlanBill {
  readonly steps: readonly PlannedStep[];
  readonly expectedNanoUsd: NanoUsd;
  readonly lowNanoUsd: NanoUsd;
  readonly highNanoUsd: NanoUsd;
  /** The first step that no model may take, with what would have to change. */
  readonly stoppedAt: { readonly kind: StepKind; readonly mends: readonly string[] } | undefined;
}

/**
 * How far a step's bill strays from what is expected of it: one standard deviation as a share of it. Assumed; calls per
 * step and answers vary by about a factor of two in recorded sessions.
 */
const SIZE_DEVIATION: Ratio = 0.5;
const Z90 = 1.645;

/**
 * Routes a whole plan on paper: the step of `input`, then each forecast step with the transcript, caches and spending that
 * the step before it is expected to leave. Steps are taken as independent for the interval. Pure.
 */
export function planBill(input: DecideInput): PlanBill {
  const steps: PlannedStep[] = [];
  let expected = 0;
  let variance = 0;
  let current: DecideInput | undefined = input;
  let chance: Ratio = 1;
  let stoppedAt: PlanBill['stoppedAt'];
  while (current !== undefined) {
    const decision = decide(current);
    if (decision.kind === 'refuse') {
      stoppedAt = { kind: current.step.kind, mends: decision.mends };
      break;
    }
    const [row] = decision.candidates;
    const bill = row === undefined ? 0 : row.billNanoUsd + row.ladderNanoUsd;
    const spread = row === undefined ? 0 : (SIZE_DEVIATION * row.billNanoUsd) ** 2 + row.ladderNanoUsd ** 2;
    const { stepId, kind } = current.step;
    steps.push({
      stepId,
      kind,
      model: decision.to,
      mode: decision.mode,
      billNanoUsd: roundNanoUsd(bill),
      route: decision,
    });
    expected += chance * bill;
    variance += chance * spread + chance * (1 - chance) * bill ** 2;
    const next: ForecastStep | undefined = current.forecast[0];
    chance = next?.probabilityRatio ?? 0;
    current =
      next === undefined ? undefined : afterStep(current, { route: decision, next, bill, policy: input.policy });
  }
  const half = Z90 * Math.sqrt(variance);
  return {
    steps,
    expectedNanoUsd: roundNanoUsd(expected),
    lowNanoUsd: roundNanoUsd(Math.max(0, expected - half)),
    highNanoUsd: roundNanoUsd(expected + half),
    stoppedAt,
  };
}

/** The input of the next step, as the present one is expected to leave things. */
function afterStep(
  input: DecideInput,
  taken: {
    readonly route: Route;
    readonly next: ForecastStep;
    readonly bill: number;
    /** The policy as given: what one step narrowed must not narrow the next. */
    readonly policy: RouterPolicy;
  },
): DecideInput | undefined {
  const { override, session, step } = input;
  const { route, next, bill, policy } = taken;
  const model = input.models.find((one) => one.id === route.to);
  if (model === undefined) return undefined;
  const endsAt = input.now + Math.max(0, step.size.callCount - 1) * step.callGapMs;
  const isContinued = route.mode === 'continue';
  const prompt = lastPromptTokens(shapeOf(model, step.size, route.mode, session.transcriptTokens));
  const rule = model.cacheRule;
  const held: Warmth = {
    model: model.id,
    warmTokens: rule.kind === 'none' || prompt < rule.minTokens ? 0 : prompt,
    hitRatio: rule.kind === 'none' ? 0 : rule.priorHitRatio,
    lastUsedAt: endsAt,
    ttlMs: rule.kind === 'none' ? 0 : rule.ttlMs,
  };
  const now = endsAt + next.gapMs;
  const warmth = isContinued ? [...input.warmth.filter((row) => row.model !== model.id), held] : input.warmth;
  const stayId = session.neverSwitchModel ?? session.incumbent ?? model.id;
  const stay = input.models.find((one) => one.id === stayId);
  const stayed = stay === undefined ? 0 : cheapestStay(input, stay);
  const isAuthor = step.kind === 'code' || step.kind === 'plan' || step.kind === 'test';
  return {
    ...input,
    now,
    session: {
      ...session,
      incumbent: isContinued ? model.id : session.incumbent,
      transcriptTokens: transcriptAfter(model, step.size, route.mode, session.transcriptTokens),
      openToolLoop: false,
      spentNanoUsd: toNanoUsd(session.spentNanoUsd + Math.round(bill)),
      neverSwitchNanoUsd: toNanoUsd(session.neverSwitchNanoUsd + Math.round(stayed)),
      neverSwitchModel: stayId,
      authorFamilies: isAuthor
        ? [...new Set([...session.authorFamilies, model.family])].sort()
        : session.authorFamilies,
    },
    step: {
      stepId: next.stepId ?? asId('planned'),
      kind: next.kind,
      trigger: step.trigger,
      modes: next.modes,
      size: next.size,
      callGapMs: next.callGapMs,
      requirements: next.requirements,
      checks: next.checks,
      tried: [],
      ...(next.parallelGroup === undefined ? {} : { parallelGroup: next.parallelGroup }),
    },
    quality: next.quality,
    forecast: input.forecast.slice(1),
    warmth: warmth.map((row) => (now - row.lastUsedAt > row.ttlMs ? { ...row, warmTokens: 0 } : row)),
    policy:
      next.onlyModels === undefined
        ? policy
        : { ...policy, kindModels: { ...policy.kindModels, [next.kind]: next.onlyModels } },
    budget: {
      jobLeftNanoUsd:
        input.budget.jobLeftNanoUsd === undefined
          ? undefined
          : toNanoUsd(Math.max(0, input.budget.jobLeftNanoUsd - Math.round(bill))),
      stepLeftNanoUsd: input.budget.stepLeftNanoUsd,
    },
    override: override !== undefined && next.onlyModels?.includes(override) === true ? override : undefined,
  };
}
