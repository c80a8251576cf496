import { asId, type EndpointId, type ModelId } from '../domain/ids.ts';
import type { CacheRule, Model, PriceRow } from '../domain/model.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';

/** Shorthand for `asId` where a test names things. */
export function modelId(text: string): ModelId {
  return asId<ModelId>(text);
}

/** Four prices in USD per million tokens; the default is a mid-priced model with a tenth for reads. */
export function aPriceRow(overrides: Partial<PriceRow> = {}): PriceRow {
  return { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5, cacheWrite1h: 4, ...overrides };
}

/** The rule of a vendor that caches what is marked. */
export function anExplicitCache(overrides: Partial<Exclude<CacheRule, { kind: 'none' }>> = {}): CacheRule {
  return {
    kind: 'explicit',
    minTokens: 1024,
    granularityTokens: 1,
    ttlMs: 5 * MINUTE_MS,
    renewsOnRead: true,
    longTtlMs: HOUR_MS,
    maxMarkers: 4,
    lookBackBlocks: 20,
    exactBreakpoint: false,
    priorHitRatio: 0.95,
    source: 'made up for a test',
    asOf: '2026-11-01',
    ...overrides,
  };
}

/** The rule of a vendor that caches on its own, in steps of 128 tokens. */
export function anAutomaticCache(overrides: Partial<Exclude<CacheRule, { kind: 'none' }>> = {}): CacheRule {
  return anExplicitCache({
    kind: 'automatic',
    granularityTokens: 128,
    ttlMs: 10 * MINUTE_MS,
    renewsOnRead: false,
    longTtlMs: undefined,
    maxMarkers: 0,
    lookBackBlocks: undefined,
    priorHitRatio: 0.8,
    ...overrides,
  });
}

/**
 * A model that can do everything, at middling prices, on an Anthropic-like endpoint. Give `id` and
 * what the test is about.
 */
export function aModel(overrides: Partial<Model> = {}): Model {
  const id = overrides.id ?? modelId('claude-test');
  return {
    id,
    endpoint: asId<EndpointId>('anthropic'),
    wire: 'anthropic-messages',
    wireModel: id,
    vendor: 'anthropic',
    family: 'claude',
    frontier: false,
    openWeights: false,
    prices: { base: aPriceRow(), tiers: [], peak: undefined },
    cacheRule: anExplicitCache(),
    contextTokens: 200_000,
    maxOutputTokens: 32_000,
    toolCalling: true,
    structuredOutput: true,
    inputModalities: ['text', 'image'],
    efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
    tokenRatio: 1,
    outputRatio: 1,
    callsRatio: 1,
    ttftMs: 800,
    outputTokensPerSecond: 60,
    compliance: {},
    abilityIndex: 40,
    source: 'made up for a test',
    asOf: '2026-11-01',
    ...overrides,
  };
}

/** The same on an OpenAI-like endpoint with an automatic cache. */
export function aGptModel(overrides: Partial<Model> = {}): Model {
  return aModel({
    id: modelId('gpt-test'),
    endpoint: asId<EndpointId>('openai'),
    wire: 'openai-responses',
    wireModel: overrides.id ?? 'gpt-test',
    vendor: 'openai',
    family: 'gpt',
    cacheRule: anAutomaticCache(),
    efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
    requestLimits: { minOutputTokens: 16 },
    ...overrides,
  });
}
