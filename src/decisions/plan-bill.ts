import type { DecideInput, Route } from '../domain/decision.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import { asId, type ModelId, type StepId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { roundNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind, StepMode } from '../domain/step.ts';
import type { At, Ratio, Tokens } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';
import { cheapestStay } from '../router/guards.ts';
import { cacheableHeadTokens } from '../router/prompt-head.ts';
import { lastPromptTokens, shapeOf, transcriptAfter } from '../router/step-cost.ts';
import { atPoolDial, type Decide } from './pool-dial.ts';

/** One step of a plan as it would be routed from here. */
export interface PlanStep {
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
  readonly steps: readonly PlanStep[];
  readonly expectedNanoUsd: NanoUsd;
  readonly lowNanoUsd: NanoUsd;
  readonly highNanoUsd: NanoUsd;
  /** The first step that no model may take, with what would have to change. */
  readonly stoppedAt: { readonly kind: StepKind; readonly hints: readonly string[] } | undefined;
}

/**
 * How far a step's bill strays from what is expected of it: one standard deviation as a share of it. Assumed; calls per
 * step and answers vary by about a factor of two in recorded sessions.
 */
const SIZE_DEVIATION: Ratio = 0.5;
const Z90 = 1.645;

/**
 * Routes a whole plan on paper: the step of `input`, then each forecast step with the transcript, caches and spending that
 * the steps before it are expected to leave; branches of a parallel group start together and pay cold, each for itself.
 * Steps are taken as independent for the interval. Pure.
 */
export function planBill(asked: DecideInput, decide: Decide): PlanBill {
  const input = atPoolDial(asked, decide);
  const steps: PlanStep[] = [];
  let expected = 0;
  let variance = 0;
  let current: DecideInput | undefined = input;
  let chance: Ratio = 1;
  let stoppedAt: PlanBill['stoppedAt'];
  let left = startFrom(input);
  while (current !== undefined) {
    const decision = decide(current);
    if (decision.kind === 'refuse') {
      stoppedAt = { kind: current.step.kind, hints: decision.hints };
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
    left = leftBy(left, current, decision);
    const taken = { route: decision, bill, left, policy: input.policy };
    current = next === undefined ? undefined : afterStep(current, { ...taken, next });
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

/** What the steps so far are expected to have left, branches of a running parallel group included. */
interface Left {
  readonly endsAt: At;
  readonly transcriptTokens: Tokens;
  readonly incumbent: ModelId | undefined;
  readonly warmth: readonly Warmth[];
}

function startFrom({ now, session, warmth }: DecideInput): Left {
  return { endsAt: now, transcriptTokens: session.transcriptTokens, incumbent: session.incumbent, warmth };
}

/** What is left once a step has been taken as routed. */
function leftBy(left: Left, input: DecideInput, route: Route): Left {
  const { session, step } = input;
  const model = input.models.find((one) => one.id === route.to);
  if (model === undefined) return left;
  const isContinued = route.mode === 'continue';
  const endsAt = input.now + Math.max(0, step.size.callCount - 1) * step.callGapMs;
  const grown = transcriptAfter(model, step.size, route.mode, session.transcriptTokens) - session.transcriptTokens;
  return {
    endsAt: Math.max(left.endsAt, endsAt),
    transcriptTokens: left.transcriptTokens + grown,
    incumbent: isContinued ? model.id : left.incumbent,
    warmth: warmthAfter(left.warmth, input, { model, route, endsAt }),
  };
}

function warmthAfter(
  warmth: readonly Warmth[],
  input: DecideInput,
  taken: { readonly model: Model; readonly route: Route; readonly endsAt: At },
): readonly Warmth[] {
  const { model, route, endsAt } = taken;
  const rule = model.cacheRule;
  if (rule.kind === 'none') return warmth;
  const { session, step } = input;
  const old = warmth.find((row) => row.model === model.id);
  const isContinued = route.mode === 'continue';
  const isLong = route.candidates.some(
    (row) => row.model === route.to && row.mode === route.mode && row.writeClass === '1h',
  );
  const ttlMs = isLong && rule.longTtlMs !== undefined ? rule.longTtlMs : rule.ttlMs;
  const prompt = lastPromptTokens(shapeOf(model, step.size, route.mode, session.transcriptTokens));
  const base = old ?? {
    model: model.id,
    warmTokens: 0,
    hitRatio: rule.priorHitRatio,
    lastUsedAt: 0,
    ttlMs: rule.ttlMs,
  };
  const head = isContinued ? session.head : step.freshHead;
  const headTokens = cacheableHeadTokens(model, head);
  const others = (old?.heads ?? []).filter((row) => row.key !== head?.key);
  const held =
    head === undefined || headTokens === 0
      ? []
      : [{ key: head.key, warmTokens: headTokens, hitRatio: rule.priorHitRatio, lastUsedAt: endsAt, ttlMs }];
  const heads = [...others, ...held];
  const row: Warmth = {
    ...base,
    ...(isContinued ? { warmTokens: prompt < rule.minTokens ? 0 : prompt, lastUsedAt: endsAt, ttlMs } : {}),
    ...(isContinued ? { hitRatio: rule.priorHitRatio } : {}),
    ...(heads.length === 0 ? {} : { heads }),
  };
  return [...warmth.filter((one) => one.model !== model.id), row];
}

/** Rows as a later moment finds them: what is past its time to live is cold. */
function aged(warmth: readonly Warmth[], now: At): readonly Warmth[] {
  return warmth.map((row) => {
    const { heads, ...own } = row;
    const alive = heads?.filter((head) => now - head.lastUsedAt <= head.ttlMs);
    const plain = now - row.lastUsedAt > row.ttlMs ? { ...own, warmTokens: 0 } : own;
    return alive === undefined || alive.length === 0 ? plain : { ...plain, heads: alive };
  });
}

/**
 * The input of the next step, as those before it are expected to leave things. A branch of the same parallel group starts
 * with the step before it, on the transcript and the caches that it met.
 */
function afterStep(
  input: DecideInput,
  taken: {
    readonly route: Route;
    readonly next: ForecastStep;
    readonly bill: number;
    readonly left: Left;
    /** The policy as given: what one step narrowed must not narrow the next. */
    readonly policy: RouterPolicy;
  },
): DecideInput | undefined {
  const { override, session, step } = input;
  const { route, next, bill, left, policy } = taken;
  const model = input.models.find((one) => one.id === route.to);
  if (model === undefined) return undefined;
  const joins = next.parallelGroup !== undefined && next.parallelGroup === step.parallelGroup;
  const now = joins ? input.now : left.endsAt + next.gapMs;
  const met = joins ? { ...startFrom(input), warmth: input.warmth } : { ...left, warmth: aged(left.warmth, now) };
  const stayId = session.neverSwitchModel ?? session.incumbent ?? model.id;
  const stay = input.models.find((one) => one.id === stayId);
  const stayed = stay === undefined ? 0 : cheapestStay(input, stay);
  const isAuthor = step.kind === 'code' || step.kind === 'plan' || step.kind === 'test';
  return {
    ...input,
    now,
    session: {
      ...session,
      incumbent: met.incumbent,
      transcriptTokens: met.transcriptTokens,
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
      ...(next.freshHead === undefined ? {} : { freshHead: next.freshHead }),
      ...(next.parallelGroup === undefined ? {} : { parallelGroup: next.parallelGroup }),
    },
    quality: next.quality,
    forecast: input.forecast.slice(1),
    warmth: met.warmth,
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
