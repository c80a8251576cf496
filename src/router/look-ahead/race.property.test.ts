import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision } from '../../domain/decision.ts';
import { arbitraryDecision, decisionOf } from '../../testing/internal/arbitrary-decisions.ts';
import { decide } from '../decide.ts';
import { USUAL_LOOK } from './look-options.ts';

/** No candidate left out, no model left out of a plan. */
const WHOLE = { isWhole: true, maxExtensions: 3e6 };
const OWN = { ...USUAL_LOOK, maxExtensions: 3e6 };

/** The term of a row that is no money. */
const LIKELIHOOD = 2;

/** What is done and what it is expected to cost. */
function choiceOf(decision: Decision): unknown {
  if (decision.kind === 'refuse') return decision.kind;
  const { kind, to, mode, ladder, candidates, rejected } = decision;
  const [chosen] = candidates;
  return { kind, to, mode, ladder, chosen, rejected: rejected.map((one) => [one.model, one.mode, one.code]) };
}

test('leaving out what is beaten changes neither the choice nor what it costs, over pools of 2 to 72 models', () => {
  const seen = { exact: 0, beaten: 0 };
  fc.assert(
    fc.property(arbitraryDecision, (input) => {
      const whole = decide(input, WHOLE);
      const own = decide(input, OWN);
      if (whole.lookahead.method !== 'exact' || own.lookahead.method !== 'exact') return;
      seen.exact += 1;
      expect(choiceOf(own)).toEqual(choiceOf(whole));
      const all = new Map(whole.candidates.map((row) => [`${row.model}|${row.mode}`, row]));
      for (const row of own.candidates) {
        const looked = all.get(`${row.model}|${row.mode}`);
        if (row.beatenBy === undefined) expect(row).toEqual(looked);
        else {
          seen.beaten += 1;
          expect(row.totalNanoUsd).toBeLessThanOrEqual(looked?.totalNanoUsd ?? 0);
          expect(row.totalNanoUsd).toBeGreaterThan(own.candidates[0]?.totalNanoUsd ?? 0);
        }
      }
      const { incumbent, neverSwitchModel } = input.session;
      const kept = own.candidates.filter((row) => row.model === incumbent || row.model === neverSwitchModel);
      expect(kept.filter((row) => row.beatenBy !== undefined)).toEqual([]);
    }),
    { numRuns: 150, seed: 31 },
  );
  expect(seen.exact).toBeGreaterThan(120);
  expect(seen.beaten).toBeGreaterThan(1000);
});

test('the usual search of large pools is exact, and so is their choice', () => {
  const methods = Array.from({ length: 12 }, (_, seed) => {
    const input = decisionOf(900 + seed, 72);
    const own = decide(input);
    const whole = decide(input, WHOLE);
    if (whole.lookahead.method === 'exact' && own.lookahead.method === 'exact') {
      expect(choiceOf(own)).toEqual(choiceOf(whole));
    }
    return own.lookahead.method;
  });
  expect(methods.filter((method) => method !== 'beam').length).toBeGreaterThanOrEqual(10);
});

test('no chosen candidate is dominated in its own table', () => {
  const seen = { rows: 0 };
  fc.assert(
    fc.property(arbitraryDecision, (input) => {
      const [chosen, ...others] = decide({
        ...input,
        policy: {
          ...input.policy,
          familyMarginNanoUsd: input.policy.waitingNanoUsdPerSecond,
          maxOverheadRatio: undefined,
        },
      }).candidates;
      if (chosen === undefined) return;
      seen.rows += others.length;
      const cost = (row: typeof chosen): readonly number[] => [
        row.billNanoUsd + row.frontierPenaltyNanoUsd + row.latencyNanoUsd,
        row.failureNanoUsd + row.ladderNanoUsd,
        1 - row.successRatio,
        row.futureNanoUsd,
      ];
      const own = cost(chosen);
      const dominating = others.filter((row) => {
        // What a beaten candidate leaves is only known from below.
        if (row.beatenBy !== undefined) return row.totalNanoUsd <= chosen.totalNanoUsd;
        const theirs = cost(row);
        return (
          theirs.every((term, at) => term <= (own[at] ?? 0)) &&
          theirs.some((term, at) => term < (own[at] ?? 0) - (at === LIKELIHOOD ? 1e-9 : 2))
        );
      });
      expect(dominating).toEqual([]);
    }),
    { numRuns: 300, seed: 32 },
  );
  expect(seen.rows).toBeGreaterThan(3000);
});

test('no chosen candidate is dearer and less likely than another of its table and leaves less: 20,000 random decisions', () => {
  const seen = { decided: 0, ladders: 0, guarded: 0 };
  const dominated: unknown[] = [];
  for (let seed = 0; seed < 20_000; seed += 1) {
    // Mostly small pools, for the sake of time; each size up to 72 some two hundred times at least.
    const drawn = decisionOf(70_000 + seed, seed % 4 === 0 ? 2 + (seed % 71) : 2 + (seed % 9));
    const input = { ...drawn, forecast: drawn.forecast.slice(0, seed % 3) };
    const [chosen, ...others] = decide(input).candidates;
    if (chosen === undefined) continue;
    seen.decided += 1;
    if (chosen.ladder.length > 1) seen.ladders += 1;
    if (input.policy.familyMarginNanoUsd > 0 || input.policy.maxOverheadRatio !== undefined) seen.guarded += 1;
    const spend = (row: typeof chosen): number => row.billNanoUsd + row.frontierPenaltyNanoUsd + row.latencyNanoUsd;
    for (const other of others) {
      // Three roundings of half a nano-dollar stand in each sum.
      const isCheaper = spend(other) < spend(chosen) - 3;
      const isLikelier = other.successRatio > chosen.successRatio + 1e-9;
      if (isCheaper && isLikelier && other.futureNanoUsd <= chosen.futureNanoUsd)
        dominated.push({ seed, other, chosen });
    }
  }
  expect(dominated).toEqual([]);
  expect(seen.decided).toBeGreaterThan(19_500);
  expect(seen.ladders).toBeGreaterThan(300);
  expect(seen.guarded).toBeGreaterThan(5000);
}, 900_000);
