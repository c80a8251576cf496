import fc from 'fast-check';
import type { DecideInput } from '../../domain/decision.ts';
import type { ForecastStep, PromptHead } from '../../domain/forecast.ts';
import type { ModelId } from '../../domain/ids.ts';
import type { CacheRule, Model, PriceRow } from '../../domain/model.ts';
import { nanoFromUsd } from '../../domain/money.ts';
import type { HandoffDrift } from '../../domain/quality.ts';
import type { StepKind, StepMode } from '../../domain/step.ts';
import { IDLE_BUCKETS_MS, type Warmth } from '../../domain/warmth.ts';
import {
  TEST_NOW,
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aVerifier,
  someRequirements,
} from '../decision-builders.ts';
import { aModel, aPriceRow, modelId } from '../model-builders.ts';

/** Draws from a seed, so that a failing input is one number. */
class Draw {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Between 0 and 1. */
  ratio(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.ratio();
  }

  chance(ratio: number): boolean {
    return this.ratio() < ratio;
  }

  from<Value>(values: readonly [Value, ...Value[]]): Value {
    return values[Math.floor(this.ratio() * values.length)] ?? values[0];
  }
}

const KINDS: readonly [StepKind, ...StepKind[]] = ['code', 'plan', 'summarize', 'explore'];
const ALL_MODES: readonly StepMode[] = ['continue', 'handoff', 'isolate'];

/** Caches as vendors have them: explicit and short, automatic and long, with a minimum or without, or none. */
function cacheOf(draw: Draw): CacheRule {
  if (draw.chance(0.1)) return { kind: 'none' };
  const hasLong = draw.chance(0.4);
  return {
    kind: draw.from(['explicit', 'automatic']),
    minTokens: draw.from([0, 512, 1024, 4096]),
    granularityTokens: draw.from([1, 1, 64, 128]),
    ttlMs: draw.from([300_000, 300_000, 600_000, 1_800_000]),
    longTtlMs: hasLong ? 3_600_000 : undefined,
    maxMarkers: 4,
    lookBackBlocks: undefined,
    exactBreakpoint: false,
    priorHitRatio: draw.from([1, 0.97, 0.9, 0.6]),
    source: 'test',
    asOf: '2026-11-01',
  };
}

/** A model near others of its line: the same rules and nearly the same prices, so that many are beaten, and many nearly so. */
function drawPool(draw: Draw, count: number): readonly Model[] {
  const lineCount = 1 + Math.floor(draw.between(0, 6));
  const lines = Array.from({ length: lineCount }, (_, line) => ({
    family: `family-${line}`,
    cacheRule: cacheOf(draw),
    input: 0.05 * 200 ** draw.ratio(),
    outputShare: draw.between(2, 8),
    readShare: draw.from([0.1, 0.25, 0.5, 1]),
    writeShare: draw.from([1, 1.25]),
    tokenRatio: draw.from([1, 1, 1.07, 1.3]),
    hasTier: draw.chance(0.2),
  }));
  const isOdd = draw.chance(0.3);
  return Array.from({ length: count }, (_, index): Model => {
    const line = lines[Math.floor(draw.ratio() * lineCount)] ?? lines[0];
    if (line === undefined) throw new RangeError('A pool without lines');
    const input = line.input * draw.from([1, 1, 1.1, 2, 4, 0.5, draw.between(0.5, 2)]);
    const writeShare = draw.chance(0.9) ? line.writeShare : 1;
    const row = (factor: number): PriceRow =>
      aPriceRow({
        input: factor * input,
        output: factor * line.outputShare * input,
        cacheRead: factor * line.readShare * input,
        cacheWrite: writeShare === 1 ? undefined : factor * writeShare * input,
        cacheWrite1h: draw.chance(0.7) ? factor * 2 * input : undefined,
      });
    const base = row(1);
    return aModel({
      id: modelId(`m-${String(index).padStart(2, '0')}`),
      family: line.family,
      frontier: draw.chance(0.2),
      contextTokens: draw.from([8000, 128_000, 1_000_000, 1_000_000]),
      toolCalling: draw.chance(0.95),
      tokenRatio: draw.chance(0.9) ? line.tokenRatio : 1.1,
      outputRatio: isOdd ? draw.from([1, 1, 1.2, 0.8]) : 1,
      callsRatio: isOdd ? draw.from([1, 1, 1.5]) : 1,
      ttftMs: draw.from([undefined, 500, 2000]),
      cacheRule: draw.chance(0.85) ? line.cacheRule : cacheOf(draw),
      prices: {
        base,
        tiers: line.hasTier ? [{ aboveTokens: 50_000, row: row(draw.from([1, 2])) }] : [],
        peak: draw.chance(0.05) ? { factor: 2, utcHours: [[12, 14]], weekdaysOnly: false } : undefined,
      },
    });
  });
}

function qualityOf(draw: Draw, models: readonly Model[], abilities: readonly number[]): DecideInput['quality'] {
  const ease = draw.between(-0.2, 0.2);
  const isFlat = draw.chance(0.3);
  return models.map((model, at) => {
    const own = abilities[at] ?? 0.5;
    const success = isFlat ? 0.8 : own + ease + (draw.chance(0.3) ? draw.between(-0.1, 0.1) : 0);
    return aQuality(model, Math.min(1, Math.max(0, success)));
  });
}

function warmthOf(draw: Draw, model: Model, transcript: number, heads: readonly PromptHead[]): Warmth {
  const ttlMs = draw.from([300_000, 3_600_000]);
  const base = {
    hitRatio: draw.from([1, 0.9, 0.5]),
    lastUsedAt: TEST_NOW - draw.between(0, 400_000),
    ttlMs,
  };
  const row = (): readonly number[] => Array.from({ length: IDLE_BUCKETS_MS.length + 1 }, () => draw.ratio());
  return {
    model: model.id,
    warmTokens: draw.chance(0.2) ? 0 : Math.floor(draw.between(0, 1.3) * transcript * model.tokenRatio),
    ...base,
    ...(draw.chance(0.3) ? { hitRatios: { user: row(), 'tool-result': row() } } : {}),
    ...(draw.chance(0.5)
      ? { heads: heads.map((head) => ({ ...base, key: head.key, warmTokens: Math.floor(head.tokens * draw.ratio()) })) }
      : {}),
  };
}

function driftOf(draw: Draw): readonly HandoffDrift[] {
  if (draw.chance(0.4)) return [];
  const any = { fromFamily: 'any', toFamily: 'any', mode: 'any', lossRatio: draw.from([0, 0, 0.02, 0.1]) } as const;
  if (draw.chance(0.5)) return [any];
  return [any, { fromFamily: 'family-0', toFamily: 'family-1', mode: 'any', lossRatio: draw.ratio() * 0.2 }];
}

/** A decision over a pool of so many models, with anything that a session may have. */
export function decisionOf(seed: number, modelCount: number): DecideInput {
  const draw = new Draw(seed);
  const models = drawPool(draw, modelCount);
  const abilities = models.map(() => draw.between(0.2, 0.98));
  const transcript = draw.from([0, 700, 3000, 40_000, 120_000]) * draw.between(0.8, 1.2);
  const modes = draw.chance(0.6) ? (['continue'] as const) : ALL_MODES;
  const heads: readonly PromptHead[] = draw.chance(0.5)
    ? []
    : [
        { key: 'shared', tokens: 3000 },
        { key: 'own', tokens: draw.from([800, 2500]) },
      ];
  const [shared, own] = heads;
  const ownHead = own === undefined || draw.chance(0.3) ? {} : { freshHead: own };
  const hasGroup = draw.chance(0.15);
  const checks = draw.chance(0.25) ? [aVerifier()] : [];
  const stepCount = Math.floor(draw.between(1, modelCount > 30 ? 5 : 6));
  const size = (): ReturnType<typeof aStepSize> =>
    aStepSize({
      callCount: draw.from([1, 3, 8.5]),
      newTokensPerCall: draw.from([0, 300, 2500]),
      outputTokensPerCall: draw.from([50, 400, 1500]),
      ...(draw.chance(0.3) ? { freshWorkRatio: 1.4 } : {}),
    });
  const stepOf = (): ForecastStep => ({
    ...aForecastStep(draw.from(KINDS), {
      probabilityRatio: draw.from([1, 0.8, 0.5]),
      gapMs: draw.from([2000, 60_000, 290_000, 900_000, 2_000_000]),
      modes,
      size: size(),
      requirements: someRequirements({ tools: draw.chance(0.5) }),
      quality: qualityOf(draw, models, abilities),
      checks,
      parallelGroup: hasGroup && draw.chance(0.5) ? 1 : undefined,
      onlyModels: draw.chance(0.1) ? models.filter(() => draw.chance(0.7)).map((model) => model.id) : undefined,
    }),
    ...ownHead,
  });
  const future = (): readonly ForecastStep[] => Array.from({ length: stepCount }, stepOf);
  const idOf = (): ModelId | undefined => models[Math.floor(draw.ratio() * models.length)]?.id;
  const incumbent = draw.chance(0.8) ? idOf() : undefined;
  const stay = draw.chance(0.5) ? idOf() : undefined;
  const warm = models.filter((model) => model.id === incumbent || draw.chance(2.5 / modelCount));
  const usd = (amount: number): ReturnType<typeof nanoFromUsd> => nanoFromUsd(amount);
  const gamma = usd(draw.from([0, 0.02, 0.3, 2]));
  const base = aPolicy();
  return aDecideInput({
    models,
    quality: qualityOf(draw, models, abilities),
    session: aSession({
      incumbent,
      transcriptTokens: transcript,
      ...(shared === undefined || draw.chance(0.3) ? {} : { head: shared }),
      ...(draw.chance(0.15)
        ? { mediaTokens: Object.fromEntries(models.map((model) => [model.id, draw.from([0, 1500, 1500, 3000])])) }
        : {}),
      spentNanoUsd: usd(draw.between(0, 0.3)),
      neverSwitchNanoUsd: usd(draw.between(0, 0.3)),
      ...(stay === undefined ? {} : { neverSwitchModel: stay }),
    }),
    warmth: transcript === 0 ? [] : warm.map((model) => warmthOf(draw, model, transcript, heads)),
    step: aStep({
      kind: draw.from(KINDS),
      modes,
      size: size(),
      requirements: someRequirements({ tools: draw.chance(0.7) }),
      checks,
      ...ownHead,
      ...(hasGroup && draw.chance(0.5) ? { parallelGroup: 1 } : {}),
    }),
    forecast: future(),
    ...(draw.chance(0.4) ? { scenarios: [{ weightRatio: draw.from([0.3, 0.5]), forecast: future() }] } : {}),
    drift: driftOf(draw),
    policy: aPolicy({
      dial: draw.from([0, 2, 5, 8, 10]),
      frontierPenaltyRatio: draw.from([0, 0.1]),
      failureNanoUsd: { ...base.failureNanoUsd, code: gamma, plan: gamma, summarize: gamma, explore: gamma },
      waitingNanoUsdPerSecond: draw.chance(0.2) ? usd(0.0005) : usd(0),
      familyMarginNanoUsd: draw.chance(0.3) ? usd(draw.from([0.001, 0.02])) : usd(0),
      maxOverheadRatio: draw.chance(0.4) ? draw.from([0, 0.05, 0.3]) : undefined,
      ...(draw.chance(0.2) ? { strictOverhead: true } : {}),
      ladder: { maxRungs: draw.from([1, 2, 3]), pessimismQuantile: 0.4 },
    }),
    ...(draw.chance(0.3) ? { mayWriteLong: true } : {}),
  });
}

/** Decisions over pools of 2 to 72 models. */
export const arbitraryDecision: fc.Arbitrary<DecideInput> = fc
  .tuple(fc.nat(), fc.integer({ min: 2, max: 72 }))
  .map(([seed, modelCount]) => decisionOf(seed, modelCount));
