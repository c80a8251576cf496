// One file: our router as a rule of replay: the state of a thread beside the decision that reads it.

import { CALL_GAP_MS, USUAL_REQUIREMENTS } from '../../decisions/defaults.ts';
import { makeDecision } from '../../decisions/make-decision.ts';
import { withPoolDial } from '../../decisions/pool-dial.ts';
import { isUnread, restOfSession, roomTokens, type RestOfSession } from '../../decisions/rest-of-session.ts';
import { toDecideInput } from '../../decisions/to-decide-input.ts';
import { unplannedFuture } from '../../decisions/unplanned-future.ts';
import type { DecideInput } from '../../domain/decision.ts';
import type { ForecastStep, PromptHead, StepSize } from '../../domain/forecast.ts';
import { asId } from '../../domain/ids.ts';
import { roundNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { likeliestOf, type StepNeed } from '../../domain/need.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { STEP_KINDS, type StepKind, type StepMode } from '../../domain/step.ts';
import { idleBucketOf, type HeadWarmth, type Warmth } from '../../domain/warmth.ts';
import type { ForecastTables } from '../../predict/artifact.ts';
import type { StepFeatures } from '../../predict/features/step-features.ts';
import { createLearnedForecaster } from '../../predict/forecast/learned-forecaster.ts';
import { expectStretch, NO_TURNS, withTurnCall, type StretchTable } from '../../predict/forecast/stretches.ts';
import type { StepForecaster } from '../../predict/predictor.ts';
import { shippedArtifact } from '../../predict/shipped-artifact.ts';
import { shippedStretches } from '../../predict/shipped-stretches.ts';
import { KIND_SIZES, sizeOf, sizesFrom, pieceRatioOf } from '../../predict/step-sizes.ts';
import { decide } from '../../router/decide.ts';
import { dialledFailureNanoUsd } from '../../router/dial.ts';
import { hitRatioOf, hitRatiosOf, observeHit, type HitCounts } from '../../warmth/hit-counts.ts';
import type { PolicyView, ReplayPolicy, ThreadPolicy } from '../simulation/replay-policy.ts';
import { stepFeaturesOf } from '../simulation/step-success.ts';
import { freshStartTokens } from '../simulation/thread-head.ts';
import type { FreshStart } from '../simulation/walk.ts';
import { callNano, headTokensAt, warmTokensAt, type Workload } from '../simulation/workload.ts';
import { LearnedSizes } from './learned-sizes.ts';

export interface PointsmanPolicyOptions {
  readonly policy: RouterPolicy;
  readonly name?: string;
  /** Contexts that steps may start from. Default: the shared transcript alone, as a gateway would have to. */
  readonly modes?: readonly StepMode[];
  /** Expected size of a step before it ran. Default: by kind, learning from the thread's earlier steps. */
  readonly size?: (features: StepFeatures) => StepSize;
  /**
   * `learned`: what usually follows or more of the same, as a gateway expects of a session without a plan. `none`: decides
   * as if nothing came after. `recorded`: the steps that really came, which no router could know; an upper bound for what a
   * better forecast is worth.
   */
  readonly forecast?: 'learned' | 'none' | 'recorded';
  /** Sizes and kinds of steps to start from. Default: the shipped ones. */
  readonly tables?: ForecastTables;
  /** How sessions go on whose steps nobody can read. Default: the shipped one. */
  readonly stretches?: StretchTable;
}

const EXPECTS = {
  learned: 'expects what usually follows',
  none: 'as if nothing followed',
  recorded: 'knows the next steps',
} as const;

const FORECAST_STEPS = 4;
const SHARED_ONLY: readonly StepMode[] = ['continue'];
/** A step whose model holds less than this of the prompt before is decided anew: most has to be written whoever takes it. */
const HELD_RATIO = 0.5;
/** All contexts of a thread are taken to share one. */
const HEAD_KEY = 'head';

/** A recorded step as a door would see it whose words were read: its kind is the likeliest one. */
function withReading(features: StepFeatures, need: StepNeed): StepFeatures {
  const { value, ratio } = likeliestOf(need, 'kind');
  return { ...features, need, kind: value, kindConfidenceRatio: ratio };
}

/** Our own rule: the decisions of every door, made at each step of the recorded session with what was known then. */
export function pointsmanPolicy(options: PointsmanPolicyOptions): ReplayPolicy {
  const forecast = options.forecast ?? 'learned';
  return {
    name: options.name ?? `pointsman:${options.policy.id}`,
    summary: `Ours: policy “${options.policy.id}”, dial ${options.policy.dial}; ${EXPECTS[forecast]}.`,
    source: 'pointsman',
    failureNanoUsd: (pool) => dialledFailures(withPoolDial(options.policy, pool, decide)),
    ...recipeOf(options),
    start: (work) => new PointsmanThread(work, options),
  };
}

/** A rule with tables or sizes of its own stays where it was made. */
function recipeOf(options: PointsmanPolicyOptions): Pick<ReplayPolicy, 'recipe'> {
  const { policy, name, modes, forecast, size, tables, stretches } = options;
  if (size !== undefined || tables !== undefined || stretches !== undefined) return {};
  return { recipe: { kind: 'ours', policy, name, modes, forecast } };
}

function dialledFailures(policy: RouterPolicy): Readonly<Record<StepKind, NanoUsd>> {
  return Object.fromEntries(
    STEP_KINDS.map((kind) => [kind, roundNanoUsd(dialledFailureNanoUsd(policy, kind))]),
  ) as Readonly<Record<StepKind, NanoUsd>>;
}

class PointsmanThread implements ThreadPolicy {
  private readonly work: Workload;
  private readonly options: PointsmanPolicyOptions;
  private readonly forecastOfKind = new Map<string, readonly ForecastStep[]>();
  private readonly forecaster: StepForecaster;
  private readonly sizes: LearnedSizes;
  /** What contexts share; told only where a step may start afresh. The shared transcript's own prefix begins with it anyway. */
  private readonly head: { readonly freshHead?: PromptHead };
  private readonly isLearned: boolean;
  private hits: HitCounts = {};
  private neverSwitchNano = 0;
  private neverSwitchLast = -1;
  private current = 0;
  private turns = NO_TURNS;
  private fresh: FreshStart | undefined;

  constructor(work: Workload, options: PointsmanPolicyOptions) {
    this.work = work;
    this.options = options;
    this.isLearned = (options.forecast ?? 'learned') === 'learned';
    const tables = options.tables ?? shippedArtifact().forecast;
    this.forecaster = createLearnedForecaster(tables, undefined, FORECAST_STEPS);
    this.sizes = new LearnedSizes(tables === undefined ? KIND_SIZES : sizesFrom(tables));
    const mayStartAfresh = options.modes?.some((mode) => mode !== 'continue') === true;
    this.head = mayStartAfresh ? { freshHead: { key: HEAD_KEY, tokens: work.head.tokens } } : {};
  }

  choose(view: PolicyView): number {
    const { work } = this;
    const i = view.index;
    const gapMs = i === 0 ? undefined : (work.atMs[i] ?? 0) - (work.atMs[i - 1] ?? 0);
    this.turns = withTurnCall(this.turns, work.byUser[i] === 1, gapMs);
    if (view.isStepStart && i > 0) this.sizes.learn(work, work.stepOf[i - 1] ?? 0);
    if (view.isStepStart || this.mayMoveFreely(view)) this.current = this.decideStep(view);
    this.observe(view);
    return this.current;
  }

  /** Inside a step of the shared transcript: its model has lost the prefix, so that another costs no more than staying. */
  private mayMoveFreely(view: PolicyView): boolean {
    if (this.fresh !== undefined) return false;
    const i = view.index;
    const warm = expectedWarmTokens(this.work, i, this.current, view.lastUse[this.current] ?? -1);
    return warm < HELD_RATIO * (this.work.cachedTokens[i - 1] ?? 0);
  }

  freshStart(): FreshStart | undefined {
    return this.fresh;
  }

  private decideStep(view: PolicyView): number {
    const { input, decision } = makeDecision(this.inputAt(view), { decide, shadows: [] });
    this.fresh = decision.kind === 'refuse' ? undefined : freshStartOf(decision.mode, input.step.size);
    if (decision.kind === 'refuse') return view.incumbent < 0 ? (this.work.recorded[0] ?? 0) : view.incumbent;
    const m = this.work.models.findIndex((model) => model.id === decision.to);
    return Math.max(0, m);
  }

  /** What the call shows once it is done: whether a warm prefix was found, and what never switching has cost by now. */
  private observe(view: PolicyView): void {
    const { work, current } = this;
    const i = view.index;
    const last = view.lastUse[current] ?? -1;
    const model = work.models[current];
    if (model !== undefined && last >= 0 && warmTokensAt(work, i - 1, current, last) > 0) {
      const idleMs = (work.atMs[i] ?? 0) - (work.atMs[last] ?? 0);
      if (idleMs <= (work.ttlMs[current] ?? 0)) {
        const hit = (work.foundTokens[i] ?? Infinity) === Infinity;
        this.hits = observeHit(this.hits, model.endpoint, { trigger: this.triggerAt(i), idleMs, hit });
      }
    }
    const first = work.recorded[0] ?? 0;
    this.neverSwitchNano += callNano(work, i, first, this.neverSwitchLast);
    this.neverSwitchLast = i;
  }

  private triggerAt(i: number): 'user' | 'tool-result' {
    return this.work.byUser[i] === 1 ? 'user' : 'tool-result';
  }

  private inputAt(view: PolicyView): DecideInput {
    const { work, options } = this;
    const i = view.index;
    const stepIndex = work.stepOf[i] ?? 0;
    const step = work.steps[stepIndex];
    const source = work.thread.steps[step?.sourceIndex ?? 0];
    if (step === undefined || source === undefined) throw new TypeError('A workload call without a step');
    const plain = stepFeaturesOf(work.thread, source, stepIndex);
    const features = step.reading === undefined ? plain : withReading(plain, step.reading);
    // Recorded steps of a known kind are parts of the turn whose words were read: they are as big as such parts are.
    const isWholeTurn = step.reading !== undefined && isUnread(plain);
    const sized = isWholeTurn ? features : plain;
    const usual = this.inThread(options.size?.(sized) ?? sizeOf(sized, this.sizeTable()));
    const quality: DecideInput['quality'] = work.models.map((model, m) => ({
      model: model.id,
      successRatio: step.successRatio[m] ?? 0,
      widthRatio: 0.1,
      basis: 'prior',
    }));
    const transcriptTokens = Math.max(0, (work.promptTokens[i] ?? 0) - view.removedTokens - usual.instructionTokens);
    const rest = this.restAt(features, { size: usual, quality, transcriptTokens, isWholeTurn });
    const size = this.isLearned && step.reading === undefined && isUnread(features) ? rest.size : usual;
    return toDecideInput({
      decisionId: asId(`${work.session.sessionId}/${work.thread.threadId}/${i}`),
      now: work.atMs[i] ?? 0,
      policy: options.policy,
      session: {
        sessionId: work.session.sessionId,
        incumbent: work.models[view.incumbent]?.id,
        transcriptTokens,
        ...(this.head.freshHead === undefined ? {} : { head: this.head.freshHead }),
        spentNanoUsd: roundNanoUsd(view.spentNano),
        neverSwitchNanoUsd: roundNanoUsd(this.neverSwitchNano),
        switchCount: view.switchCount,
      },
      step: {
        stepId: source.stepId,
        kind: features.kind,
        trigger: this.triggerAt(i),
        modes: options.modes ?? SHARED_ONLY,
        ...this.head,
      },
      reading: { size, quality, ...(step.reading === undefined ? {} : { need: step.reading }) },
      future: this.futureAt(stepIndex, features, rest.forecast),
      models: work.models,
      warmth: this.warmthAt(view),
    });
  }

  /** What is left of a session that has come this far. */
  private restAt(
    { kind }: StepFeatures,
    step: {
      readonly size: StepSize;
      readonly quality: DecideInput['quality'];
      readonly transcriptTokens: number;
      readonly isWholeTurn: boolean;
    },
  ): RestOfSession {
    const table = this.options.stretches ?? shippedStretches();
    return restOfSession({
      table,
      expected: expectStretch(table, this.turns, step.transcriptTokens),
      size: step.size,
      kind,
      quality: step.quality,
      roomTokens: roomTokens(this.work.models, step.transcriptTokens),
      isWholeTurn: step.isWholeTurn,
    });
  }

  private warmthAt(view: PolicyView): readonly Warmth[] {
    const { work } = this;
    const i = view.index;
    const rows: Warmth[] = [];
    for (const [m, model] of work.models.entries()) {
      if (model.cacheRule.kind === 'none') continue;
      const last = view.lastUse[m] ?? -1;
      const lastUsedAt = last < 0 ? 0 : (work.atMs[last] ?? 0);
      const bucket = idleBucketOf(Math.max(0, (work.atMs[i] ?? 0) - lastUsedAt));
      rows.push({
        model: model.id,
        warmTokens: Math.round(
          Math.max(0, expectedWarmTokens(work, i, m, last) - view.removedTokens) * model.tokenRatio,
        ),
        hitRatio: hitRatioOf(this.hits, model.endpoint, model.cacheRule, this.triggerAt(i), bucket),
        lastUsedAt,
        ttlMs: work.ttlMs[m] ?? 0,
        hitRatios: hitRatiosOf(this.hits, model.endpoint, model.cacheRule),
        ...this.headAt(view, m),
      });
    }
    return rows;
  }

  /** What model `m` holds of the head, as its ledger would say before the call. */
  private headAt(view: PolicyView, m: number): { readonly heads?: readonly HeadWarmth[] } {
    const { work } = this;
    const model = work.models[m];
    const last = view.headUse[m] ?? -1;
    if (this.head.freshHead === undefined || model === undefined || last < 0) return {};
    const i = view.index;
    const lastUsedAt = work.atMs[last] ?? 0;
    const warmTokens = headTokensAt(work, i, m, last, work.head.tokens) * model.tokenRatio;
    const bucket = idleBucketOf(Math.max(0, (work.atMs[i] ?? 0) - lastUsedAt));
    const hitRatio = hitRatioOf(this.hits, model.endpoint, model.cacheRule, this.triggerAt(i), bucket);
    const ttlMs = work.ttlMs[m] ?? 0;
    return { heads: [{ key: HEAD_KEY, warmTokens: Math.round(warmTokens), hitRatio, lastUsedAt, ttlMs }] };
  }

  private futureAt(
    stepIndex: number,
    features: StepFeatures,
    rest: readonly ForecastStep[],
  ): Pick<DecideInput, 'forecast' | 'scenarios'> {
    switch (this.options.forecast ?? 'learned') {
      case 'none':
        return { forecast: [] };
      case 'recorded':
        return { forecast: recordedForecast(this.work, stepIndex) };
      case 'learned': {
        if (isUnread(features)) return { forecast: rest };
        const same = rest.map((step) => ({ ...step, modes: this.options.modes ?? SHARED_ONLY, ...this.head }));
        return unplannedFuture(same, this.usualAfter(features), this.forecaster.sameRatio);
      }
    }
  }

  /** What usually follows, in sizes that this thread has taught. */
  private usualAfter(features: StepFeatures): readonly ForecastStep[] {
    const known = this.forecastOfKind.get(features.kind) ?? this.forecaster.remaining(features, this.work.models);
    this.forecastOfKind.set(features.kind, known);
    return known.map((step) => ({
      ...step,
      modes: this.options.modes ?? SHARED_ONLY,
      size: this.typicalSize(step.kind),
      ...this.head,
    }));
  }

  private typicalSize(kind: StepKind): StepSize {
    return this.inThread(this.sizes.sizeOf(kind));
  }

  /** An assumed size with this thread's own head in its fresh contexts, and the work that those repeat. */
  private inThread(size: StepSize): StepSize {
    const { head, freshWorkRatio } = this.work;
    return {
      ...size,
      freshWorkRatio,
      handoffTokens: freshStartTokens(head, size.handoffTokens),
      isolateTokens: freshStartTokens(head, size.isolateTokens),
    };
  }

  private sizeTable(): Readonly<Record<StepKind, StepSize>> {
    return Object.fromEntries(STEP_KINDS.map((kind) => [kind, this.sizes.sizeOf(kind)])) as Readonly<
      Record<StepKind, StepSize>
    >;
  }
}

function freshStartOf(mode: StepMode, size: StepSize): FreshStart | undefined {
  if (mode === 'continue') return undefined;
  return { startTokens: mode === 'handoff' ? size.handoffTokens : size.isolateTokens, resultTokens: size.resultTokens };
}

/** What the ledger would say before the call: a miss that is still to come is not known. */
function expectedWarmTokens(work: Workload, i: number, m: number, last: number): number {
  if (last < 0 || (work.atMs[i] ?? 0) - (work.atMs[last] ?? 0) > (work.ttlMs[m] ?? 0)) return 0;
  const isCut = (work.keepTokens[i] ?? Infinity) < Infinity;
  return isCut
    ? warmTokensAt(work, i, m, last)
    : Math.min(work.cachedTokens[i] ?? 0, warmTokensAt(work, i - 1, m, last));
}

function recordedForecast(work: Workload, stepIndex: number): readonly ForecastStep[] {
  return work.steps.slice(stepIndex + 1, stepIndex + 1 + FORECAST_STEPS).map((step) => {
    const i = step.firstCall;
    const calls = Array.from({ length: step.callCount }, (_, offset) => i + offset);
    const mean = (column: Float64Array): number =>
      calls.reduce((sum, call) => sum + (column[call] ?? 0), 0) / calls.length;
    return {
      stepId: undefined,
      kind: step.kind,
      probabilityRatio: 1,
      gapMs: (work.atMs[i] ?? 0) - (work.atMs[i - 1] ?? 0),
      callGapMs: CALL_GAP_MS.foreign,
      modes: ['continue'],
      size: {
        callCount: step.callCount,
        newTokensPerCall: Math.max(0, mean(work.newTokens) - mean(work.outputTokens)),
        outputTokensPerCall: mean(work.outputTokens),
        handoffTokens: 6000,
        isolateTokens: 4000,
        resultTokens: 700,
        instructionTokens: 200,
        pieceRatio: pieceRatioOf(step.kind, step.callCount),
      },
      requirements: USUAL_REQUIREMENTS,
      quality: work.models.map((model, m) => ({
        model: model.id,
        successRatio: step.successRatio[m] ?? 0,
        widthRatio: 0.1,
        basis: 'prior',
      })),
      checks: [],
      parallelGroup: undefined,
      onlyModels: undefined,
    };
  });
}
