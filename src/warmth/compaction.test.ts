import { describe, expect, test } from 'vitest';
import { requireModel } from '../catalog/create-catalog.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { Model } from '../domain/model.ts';
import { nanoFromUsd, ZERO_USD } from '../domain/money.ts';
import {
  chooseCompaction,
  compactionThreshold,
  type CompactionOutlook,
  type SummaryWriter,
  type WarmModel,
} from './compaction.ts';

const catalog = loadCatalog();
const opus = requireModel(catalog, 'claude-opus-5-5');
const haiku = requireModel(catalog, 'claude-haiku-4-5');
const AT = Date.UTC(2026, 10, 2, 12);

const outlook: CompactionOutlook = {
  promptTokens: 100_000,
  keptTokens: 15_000,
  summaryTokens: 2000,
  callCount: 20,
  at: AT,
};
const warm = (model: Model): WarmModel => ({ model, warmTokens: 1e9 });
const cold = (model: Model): WarmModel => ({ model, warmTokens: 0 });
const writer = (of: WarmModel, lossNanoUsd = ZERO_USD): SummaryWriter => ({ ...of, lossNanoUsd });

describe('a compaction', () => {
  test('pays when enough calls are to come, worked by hand', () => {
    // Reading 83,000 tokens less over 20 calls at 0.2, against reading 100,000 once more, 2,000 of output at 20, and 2,000 written at 5.
    const flat = { ...opus, tokenRatio: 1, outputRatio: 1 };
    const choice = chooseCompaction(warm(flat), [writer(warm(flat))], outlook);
    const saved = 20 * 83_000 * 0.2 - 100_000 * 0.2 - 2000 * 20 - 2000 * (5 - 0.2);
    expect(choice).toMatchObject({ kind: 'compact', why: 'pays', savedNanoUsd: Math.round(saved * 1000) });
    expect(chooseCompaction(warm(flat), [writer(warm(flat))], { ...outlook, callCount: 3 })).toEqual({ kind: 'keep' });
  });

  test('is worth no more the fewer calls come, the shorter the prompt and the more it loses', () => {
    const savedBy = (of: Partial<CompactionOutlook>, lossUsd = 0): number => {
      const choice = chooseCompaction(warm(opus), [writer(warm(opus), nanoFromUsd(lossUsd))], { ...outlook, ...of });
      return choice.kind === 'keep' ? 0 : choice.savedNanoUsd;
    };
    for (let callCount = 1; callCount < 60; callCount += 7)
      expect(savedBy({ callCount })).toBeLessThanOrEqual(savedBy({ callCount: callCount + 7 }));
    for (let promptTokens = 10_000; promptTokens < 200_000; promptTokens += 20_000)
      expect(savedBy({ promptTokens })).toBeLessThanOrEqual(savedBy({ promptTokens: promptTokens + 20_000 }));
    expect(savedBy({}, 0.1)).toBeLessThan(savedBy({}));
    expect(savedBy({}, 10)).toBe(0);
  });

  test('is cheap after a cold return, and is written by whoever does it for least', () => {
    const short = { ...outlook, callCount: 4 };
    expect(chooseCompaction(warm(opus), [writer(warm(opus))], short).kind).toBe('keep');
    // Haiku reads the cold transcript for a quarter of what opus would write it for.
    expect(chooseCompaction(cold(opus), [writer(cold(opus)), writer(cold(haiku))], short)).toMatchObject({
      kind: 'compact',
      writer: { id: haiku.id },
    });
    expect(chooseCompaction(warm(opus), [writer(warm(opus)), writer(cold(haiku))], outlook)).toMatchObject({
      kind: 'compact',
      writer: { id: opus.id },
    });
  });

  test('must be where the prompt no longer fits, by one that it fits', () => {
    const long = { ...outlook, promptTokens: 190_000, callCount: 1 };
    const wide = { ...haiku, id: opus.id, contextTokens: 1_000_000 };
    expect(chooseCompaction(warm(haiku), [writer(warm(haiku)), writer(cold(wide))], long)).toMatchObject({
      kind: 'compact',
      writer: { id: opus.id },
      why: 'window',
    });
    expect(chooseCompaction(warm(haiku), [writer(warm(haiku))], long)).toEqual({ kind: 'keep' });
  });

  test('of what is no longer than its summary is none', () => {
    expect(chooseCompaction(cold(opus), [writer(cold(opus))], { ...outlook, promptTokens: 16_000 })).toEqual({
      kind: 'keep',
    });
  });
});

describe('the size at which a client should compact', () => {
  const grows = {
    afterTokens: 35_000,
    summaryTokens: 4000,
    growthTokens: 1787,
    coldRatio: 0.05,
    lossNanoUsd: nanoFromUsd(0.03),
  };

  test('bills no more a call than any other', () => {
    for (const model of catalog.models.filter(({ family }) => family === 'claude' || family === 'gpt')) {
      const best = compactionThreshold(model, grows, AT);
      expect(best.nanoUsdPerCall).toBeLessThanOrEqual(best.fullNanoUsdPerCall);
      expect(best.tokens).toBeGreaterThan(grows.afterTokens);
    }
  });

  test('comes later where a compaction loses more', () => {
    const at = (usd: number): number =>
      compactionThreshold(opus, { ...grows, lossNanoUsd: nanoFromUsd(usd) }, AT).tokens;
    expect([at(0), at(0.3), at(3)]).toEqual([at(0), at(0.3), at(3)].toSorted((a, b) => a - b));
    expect(at(3)).toBeGreaterThan(at(0));
  });
});
