import { toDecideInput } from '../../src/decisions/to-decide-input.ts';
import type { DecideInput } from '../../src/domain/decision.ts';
import type { ForecastStep, PromptHead, StepRequirements } from '../../src/domain/forecast.ts';
import { asId, type ModelId } from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import { NANO_PER_USD, ZERO_USD, nanoFromUsd } from '../../src/domain/money.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import type { Ratio } from '../../src/domain/time.ts';
import type { Warmth } from '../../src/domain/warmth.ts';
import { AS_STATED } from '../../src/policy/dial-scale.ts';
import type { StudyModel } from './small-study.ts';

/** Nothing is demanded: who may take a step is told by `onlyModels` alone. */
const NO_NEEDS: StepRequirements = { tools: false, toolNames: [], structuredOutput: false, inputModalities: [] };

/** A study's model as a catalogue row: the study's prices, lifetime and hit rate, no minimum size, one tokenizer. */
export function toModel(study: StudyModel): Model {
  return {
    id: asId(study.id),
    endpoint: asId(study.id),
    wire: 'openai-chat',
    wireModel: study.id,
    vendor: study.id,
    family: study.id,
    frontier: false,
    openWeights: undefined,
    prices: {
      base: {
        input: study.input,
        output: study.output,
        cacheRead: study.read,
        cacheWrite: study.write,
        cacheWrite1h: undefined,
      },
      tiers: [],
      peak: undefined,
    },
    cacheRule: {
      kind: 'automatic',
      minTokens: 0,
      granularityTokens: 1,
      ttlMs: study.ttlSeconds * 1000,
      longTtlMs: undefined,
      maxMarkers: 0,
      lookBackBlocks: undefined,
      exactBreakpoint: false,
      priorHitRatio: study.hitRatio,
      source: 'synthetic study',
      asOf: '2026-11-21',
    },
    contextTokens: 10_000_000,
    maxOutputTokens: 1_000_000,
    toolCalling: true,
    structuredOutput: true,
    inputModalities: ['text'],
    efforts: [],
    tokenRatio: 1,
    outputRatio: 1,
    callsRatio: 1,
    ttftMs: undefined,
    outputTokensPerSecond: undefined,
    compliance: {},
    abilityIndex: undefined,
    source: 'synthetic study',
    asOf: '2026-11-21',
  };
}

/**
 * Quality is equal by construction, so failures cost nothing and needs are limits. What a brief costs to write is priced
 * as the drift of a hand-off at γ = 1 USD.
 */
export function studyPolicy(options: {
  readonly maxSteps: number;
  readonly maxOverheadRatio: Ratio | undefined;
}): RouterPolicy {
  const dollar = nanoFromUsd(1);
  return {
    id: asId('study'),
    version: 1,
    mode: 'enforce',
    dial: 5,
    // A study's dollars are dollars: a brief is paid as a share of the price of failure.
    dialFactors: AS_STATED,
    frontierPenaltyRatio: 0,
    failureNanoUsd: {
      plan: dollar,
      code: dollar,
      review: dollar,
      test: dollar,
      summarize: dollar,
      explore: dollar,
      other: dollar,
    },
    waitingNanoUsdPerSecond: ZERO_USD,
    familyMarginNanoUsd: ZERO_USD,
    maxOverheadRatio: options.maxOverheadRatio,
    reviewerOtherFamily: false,
    escalationCooldownMs: 0,
    allowModels: undefined,
    denyModels: [],
    kindModels: {},
    kindModes: {},
    compliance: {},
    budget: { jobNanoUsd: undefined, stepNanoUsd: undefined },
    ladder: { maxRungs: 1, pessimismQuantile: 0.5 },
    lookahead: { maxSteps: options.maxSteps, beamWidth: 64 },
    keepAlive: false,
  };
}

/** One step of a study's plan: who may take it, how big it is, how long the pause before it. */
export interface StudyStep {
  readonly allowed: readonly ModelId[];
  readonly size: ForecastStep['size'];
  readonly modes: ForecastStep['modes'];
  readonly gapMs: number;
  readonly callGapMs: number;
  /** System prompt and tools, which the shared transcript and every fresh context begin with. */
  readonly head: PromptHead;
}

export function toForecast(step: StudyStep, models: readonly Model[]): ForecastStep {
  return {
    stepId: undefined,
    kind: 'other',
    probabilityRatio: 1,
    gapMs: step.gapMs,
    callGapMs: step.callGapMs,
    modes: step.modes,
    size: step.size,
    requirements: NO_NEEDS,
    quality: sure(models),
    checks: [],
    parallelGroup: undefined,
    onlyModels: step.allowed,
    freshHead: step.head,
  };
}

const sureOf = new WeakMap<readonly Model[], DecideInput['quality']>();

/** Everybody who may take a step succeeds. */
function sure(models: readonly Model[]): DecideInput['quality'] {
  const known = sureOf.get(models);
  if (known !== undefined) return known;
  const rows = models.map((model) => ({ model: model.id, successRatio: 1, widthRatio: 0, basis: 'override' as const }));
  sureOf.set(models, rows);
  return rows;
}

export interface StudyState {
  readonly atMs: number;
  readonly transcriptTokens: number;
  readonly incumbent: ModelId | undefined;
  readonly spentUsd: number;
  readonly neverSwitchUsd: number;
  readonly warmth: DecideInput['warmth'];
}

/** The input of `decide()` for one step of a study. */
export function studyInput(options: {
  readonly models: readonly Model[];
  readonly policy: RouterPolicy;
  readonly step: StudyStep;
  readonly forecast: readonly ForecastStep[];
  readonly scenarios?: DecideInput['scenarios'];
  readonly state: StudyState;
  readonly briefUsd: number;
}): DecideInput {
  const { models, policy, step, state } = options;
  const last = models.at(-1);
  return toDecideInput({
    decisionId: asId('study'),
    now: state.atMs,
    policy: { ...policy, kindModels: { code: step.allowed } },
    session: {
      sessionId: asId('study'),
      incumbent: state.incumbent,
      transcriptTokens: state.transcriptTokens,
      head: step.head,
      spentNanoUsd: Math.round(state.spentUsd * NANO_PER_USD) as typeof ZERO_USD,
      neverSwitchNanoUsd: Math.round(state.neverSwitchUsd * NANO_PER_USD) as typeof ZERO_USD,
      ...(last === undefined ? {} : { neverSwitchModel: last.id }),
    },
    step: {
      stepId: asId('step'),
      kind: 'code',
      trigger: 'tool-result',
      modes: step.modes,
      callGapMs: step.callGapMs,
      requirements: NO_NEEDS,
      freshHead: step.head,
    },
    reading: {
      size: step.size,
      quality: sure(models),
      drift: [
        { fromFamily: 'any', toFamily: 'any', mode: 'any', lossRatio: 0 },
        { fromFamily: 'any', toFamily: 'any', mode: 'handoff', lossRatio: options.briefUsd },
      ],
    },
    future: {
      forecast: options.forecast,
      ...(options.scenarios === undefined ? {} : { scenarios: options.scenarios }),
    },
    models,
    warmth: state.warmth,
  });
}

/** What one model of a study last did, as far as its cache goes; times in seconds. */
export interface StudyCache {
  readonly transcriptTokens: number;
  readonly transcriptAt: number;
  readonly headAt: number;
}

export const COLD: StudyCache = {
  transcriptTokens: 0,
  transcriptAt: Number.NEGATIVE_INFINITY,
  headAt: Number.NEGATIVE_INFINITY,
};

/** Tokens that a call reads if it hits: the transcript where it is warm, at least the head where that is. */
export function warmTokensOf(
  model: StudyModel,
  cache: StudyCache,
  at: { readonly seconds: number; readonly headTokens: number; readonly isFresh: boolean },
): number {
  const head = at.seconds - cache.headAt <= model.ttlSeconds ? at.headTokens : 0;
  if (at.isFresh || at.seconds - cache.transcriptAt > model.ttlSeconds) return head;
  return Math.max(head, cache.transcriptTokens);
}

export function warmthRow(model: StudyModel, id: ModelId, cache: StudyCache, at: number, head: PromptHead): Warmth {
  const base = { hitRatio: model.hitRatio, ttlMs: model.ttlSeconds * 1000 };
  const isWarm = at - cache.transcriptAt <= model.ttlSeconds;
  return {
    model: id,
    warmTokens: isWarm ? cache.transcriptTokens : 0,
    lastUsedAt: isWarm ? cache.transcriptAt * 1000 : 0,
    ...base,
    ...(at - cache.headAt > model.ttlSeconds
      ? {}
      : { heads: [{ key: head.key, warmTokens: head.tokens, lastUsedAt: cache.headAt * 1000, ...base }] }),
  };
}
