import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { dataFile } from '../../src/testing/internal/data-file.ts';
import { parseSaarTurns, runSaarExperiment, type SaarTurn, type SaarVariant } from './saar-experiment.ts';

const file = dataFile('peer-cases/vllm-semantic-router/saar-matrix-turns.csv.gz');

const percent = (value: number, base: number): number => Math.round((value / base - 1) * 10_000) / 100;

function aTurn(turn: number, demand: number, extra: Partial<SaarTurn> = {}): SaarTurn {
  return {
    session: 's',
    turn,
    phase: 'user_turn',
    isIdle: false,
    demand,
    historyTokens: 4000,
    remainingTurnPrior: 4,
    ...extra,
  };
}

test('by hand: stays when the gain is below the bound part of the session, leaves when the session is idle', () => {
  // Mid to frontier gains 0.16; cost 0.05 + 0.2 · 0.375 · 0.5 · 2.6 + 0.005 (one switch) = 0.1525 at turn 1.
  const wanted = [aTurn(0, 0.6), aTurn(1, 0.9)];
  expect(runSaarExperiment(wanted).rule.frontierTurnCount).toBe(1);
  const long = [aTurn(0, 0.6), aTurn(1, 0.9, { historyTokens: 16_000 })];
  expect(runSaarExperiment(long).rule.frontierTurnCount).toBe(0);
  const idle = [aTurn(0, 0.6), aTurn(1, 0.9, { historyTokens: 16_000, isIdle: true })];
  expect(runSaarExperiment(idle).rule.frontierTurnCount).toBe(1);
});

describe.skipIf(file === undefined)('the 21,600 published turns (skipped: no data without POINTSMAN_DATA)', () => {
  const turns = file === undefined ? [] : parseSaarTurns(gunzipSync(readFileSync(file)).toString('utf8'));

  test('give the published figures exactly: 79.29 % fewer switches, 78.71 % cheaper', () => {
    const { rule, baseline } = runSaarExperiment(turns);
    expect(turns.length).toBe(21_600);
    expect([baseline.switchCount, rule.switchCount]).toEqual([9709, 2011]);
    expect(percent(rule.switchCount, baseline.switchCount)).toBe(-79.29);
    expect(percent(rule.costUsd, baseline.costUsd)).toBe(-78.71);
    expect(rule.costUsd).toBeCloseTo(367.423428, 3);
    expect(baseline.costUsd).toBeCloseTo(1725.484812, 2);
    expect(rule.meanQuality).toBeCloseTo(0.7777, 4);
  });

  test('against a baseline that caches as well, the saving is 64.11 %', () => {
    const { rule, cachedBaseline } = runSaarExperiment(turns);
    expect(percent(rule.costUsd, cachedBaseline.costUsd)).toBe(-64.11);
    expect(Math.round((rule.underDemandCount / rule.turnCount) * 1000) / 10).toBe(39.9);
  });

  const ablations: readonly (readonly [SaarVariant, number, number])[] = [
    [{ sticky: true }, 340, -98.65],
    [{ noToolLock: true }, 2431, -60.05],
    [{ noStateLock: true }, 2138, -69.82],
    [{ noDriftReset: true }, 1637, -81.31],
    [{ noIdleReset: true }, 1555, -80.14],
    [{ noRemainingPrior: true }, 2039, -78.61],
    [{ noFrontierCost: true }, 2528, -54.75],
  ];
  test.each(ablations)('ablation %j: %i switches, cost %f in percent', (variant, switchCount, cost) => {
    const { rule, baseline } = runSaarExperiment(turns, variant);
    expect(rule.switchCount).toBe(switchCount);
    expect(percent(rule.costUsd, baseline.costUsd)).toBe(cost);
  });
});
