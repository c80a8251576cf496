import { describe, expect, test } from 'vitest';
import type { Model } from '../../src/domain/model.ts';
import { collapseIndex } from '../../src/learn/alarms/collapse-index.ts';
import { asRecorded, fixedModel, followNeed } from '../../src/replay/rules/baselines.ts';
import type { ReplayPolicy } from '../../src/replay/simulation/replay-policy.ts';
import type { Workload } from '../../src/replay/simulation/workload.ts';
import { simulate } from '../../src/testing/internal/replay-at-once.ts';
import { aWorkload } from '../../src/testing/internal/workload-builders.ts';
import { aModel, aPriceRow, modelId } from '../../src/testing/model-builders.ts';
import { watchPicks, type WatchedPick } from './watch-picks.ts';

function priced(id: string, input: number): Model {
  const base = aPriceRow({ input, output: input * 5, cacheRead: input / 10, cacheWrite: input * 1.25 });
  return aModel({ id: modelId(id), prices: { base, tiers: [], peak: undefined } });
}
const strong = priced('strong', 4);
const cheap = priced('cheap', 1);

/** Four steps of two calls; the cheap model is enough for all but the second. */
function fourSteps(): Workload {
  const kinds = ['explore', 'plan', 'explore', 'summarize'] as const;
  return aWorkload({
    pool: [strong, cheap],
    calls: kinds.flatMap((kind) => [
      { model: 'strong', prompt: 20_000, kind },
      { model: 'strong', prompt: 21_000 },
    ]),
    success: (model, kind) => (model === 'strong' ? 0.95 : kind === 'plan' ? 0.5 : 0.93),
  });
}

function picksOf(policy: ReplayPolicy): readonly WatchedPick[] {
  const picks: WatchedPick[] = [];
  simulate(
    fourSteps(),
    watchPicks(policy, (pick) => picks.push(pick)),
  );
  return picks;
}

describe('watched picks', () => {
  test('are told once a step, with what would have been enough', () => {
    expect(picksOf(followNeed)).toEqual([
      { model: 'cheap', isStrongest: false, cheaperSufficed: true },
      { model: 'strong', isStrongest: true, cheaperSufficed: false },
      { model: 'cheap', isStrongest: false, cheaperSufficed: true },
      { model: 'cheap', isStrongest: false, cheaperSufficed: true },
    ]);
  });

  test('by hand: always the strongest is a collapse of one, following need of none, one of three a third', () => {
    const sometimes: ReplayPolicy = {
      ...followNeed,
      start: (work) => ({ choose: ({ index }) => (index < 4 ? 0 : work.models.length - 1) }),
    };
    expect(collapseIndex(picksOf(fixedModel(strong.id)))).toBe(1);
    expect(collapseIndex(picksOf(followNeed))).toBe(0);
    expect(collapseIndex(picksOf(sometimes))).toBeCloseTo(1 / 3, 12);
    expect(collapseIndex([{ isStrongest: true, cheaperSufficed: false }])).toBeUndefined();
  });

  test('watching changes nothing', () => {
    const work = fourSteps();
    const watched = simulate(
      work,
      watchPicks(followNeed, () => undefined),
    );
    expect([...watched.path]).toEqual([...simulate(work, followNeed).path]);
  });
});

describe('what a run counts, by hand', () => {
  test('switches, those inside tool loops, under-served steps and the share read from caches', () => {
    const work = fourSteps();
    const followed = simulate(work, followNeed);
    // cheap, strong, cheap, cheap: two switches, both at calls that answered a tool.
    expect([followed.switchCount, followed.toolLoopSwitchCount, followed.underServedStepCount]).toEqual([2, 2, 0]);
    expect(simulate(work, fixedModel(cheap.id)).underServedStepCount).toBe(1);
    const stayed = simulate(work, asRecorded);
    // Eight prompts of 20,000 and 21,000 in turn: seven may read; the log says that none did.
    expect([stayed.promptTokens, stayed.warmTokens]).toEqual([164_000, 0]);
  });
});
