import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { toNanoUsd } from '../domain/money.ts';
import { aTrace } from '../testing/internal/workload-builders.ts';
import { replay } from './replay.ts';
import type { PolicyReport, ReplayReport, Verdict } from './report/replay-report.ts';
import { fixedModel } from './rules/baselines.ts';
import { verdictOf } from './verdict.ts';

let base: ReplayReport;
beforeAll(async () => {
  const catalog = loadCatalog();
  const pool = catalog.models.filter((model) => ['claude-opus-5-5', 'claude-haiku-4-5'].includes(model.id));
  const sessions = (async function* sessions() {
    yield aTrace([{ model: 'claude-opus-5-5', prompt: 20_000 }]);
  })();
  base = await replay(sessions, { catalog, pool, policies: pool.slice(0, 1).map((model) => fixedModel(model.id)) });
});

/** Bill and failures in USD; what was done bills 10 and comes to 12 with its failures, at a success of 90 %. */
interface Outcome {
  readonly bill: number;
  readonly total: number;
  readonly success?: number;
  readonly spread?: number;
}

function aPolicy(name: string, source: string, { bill, total, success, spread }: Outcome): PolicyReport {
  const [first] = base.policies;
  if (first === undefined) throw new TypeError('A report without policies');
  const change = bill / 10 - 1;
  return {
    ...first,
    name,
    source,
    costNanoUsd: toNanoUsd(Math.round(bill * 1e9)),
    totalNanoUsd: toNanoUsd(Math.round(total * 1e9)),
    costVsRecordedRatio: change,
    costVsRecordedInterval: { low: change - (spread ?? 0.05), high: change + (spread ?? 0.05) },
    meanSuccessRatio: success ?? 0.9,
  };
}

interface Case {
  readonly ours: Outcome;
  readonly simple?: Readonly<Record<string, Outcome>>;
  /** What the best single model comes to, seen afterwards. */
  readonly single?: number;
  readonly recorded?: Partial<ReplayReport['recorded']>;
}

function verdict({ ours, simple = {}, single = 50, recorded }: Case): Verdict {
  const done = aPolicy('as-recorded', 'baseline', { bill: 10, total: 12 });
  const regret = { ...done.regret, vsBestFixedNanoUsd: Math.round((12 - single) * 1e9) };
  const summary = { ...base.recorded, billedNanoUsd: toNanoUsd(10e9), callCount: 500, routableRatio: 0.5, ...recorded };
  return verdictOf({
    ...base,
    recorded: summary,
    policies: [
      { ...done, regret },
      ...Object.entries(simple).map(([name, outcome]) => aPolicy(name, 'baseline', outcome)),
      aPolicy('balanced', 'pointsman', ours),
    ],
  });
}

describe('each sentence of the verdict has its ground', () => {
  test('calls whose price is not known are not said to be paid', () => {
    const unpriced = [{ model: 'my-model', callCount: 6 }];
    const { paid, more } = verdict({ ours: { bill: 6, total: 7 }, recorded: { unpriced, callsWithoutUsageCount: 4 } });
    expect(paid).toContain('You paid $10.00 for 490 of 500 calls');
    expect(more[0]).toBe('What 10 of 500 calls cost is not known.');
  });

  test('a simple rule that saves is named, though a weaker one comes to less', () => {
    const simple = { 'always-cheap': { bill: 1, total: 8, success: 0.7 }, 'never-switch': { bill: 8, total: 10 } };
    const { simplest, more } = verdict({ ours: { bill: 6, total: 7 }, simple });
    expect(simplest).toBe('Better without a router: never-switch, −20.0 % [−25.0, −15.0].');
    expect(more[0]).toContain('never-switch: bill $8.00');
  });

  test('what does as well as routing is what does as well, not a rule that does worse', () => {
    const { routing, headline, more } = verdict({
      ours: { bill: 7, total: 9 },
      simple: { 'never-switch': { bill: 8, total: 10 } },
      single: 8,
    });
    expect(routing).toBe('Routing adds nothing to it: balanced, −30.0 % [−35.0, −25.0].');
    expect(more.join(' ')).toMatch(/\S+ for everything does as well/u);
    expect(headline).toBe('never-switch would have saved $2.00 of $10.00');
  });

  test('an amount in the headline is of the rule that it names', () => {
    const simple = { 'always-cheap': { bill: 4, total: 6 } };
    expect(verdict({ ours: { bill: 7, total: 9 }, simple }).headline).toBe(
      'always-cheap would have saved $6.00 of $10.00',
    );
  });

  test('a dearer bill for fewer failures is no loss to cold caches', () => {
    const { routing, pays, more } = verdict({ ours: { bill: 13, total: 11, success: 0.97 } });
    expect(pays).toBe(false);
    expect(routing).toBe('Routing bills more, for fewer failures: balanced, +30.0 % [+25.0, +35.0].');
    expect(more.join(' ')).toContain('for fewer failures: both together come to $11.00 against $12.00');
    expect(more.join(' ')).not.toContain('cold');
  });

  test('where the interval holds zero nothing is said about why', () => {
    const { routing, more } = verdict({ ours: { bill: 6, total: 8, spread: 0.6 } });
    expect(routing).toBe('Routing does not pay here: balanced, −40.0 % [−100.0, +20.0].');
    expect(more[0]).toContain('Routing does not pay here: whether it would have saved anything is not shown');
  });
});

const outcome = fc.record({
  bill: fc.double({ min: 0.01, max: 30, noNaN: true }),
  total: fc.double({ min: 0.01, max: 40, noNaN: true }),
  success: fc.double({ min: 0.5, max: 1, noNaN: true }),
  spread: fc.double({ min: 0, max: 1, noNaN: true }),
});
const name = fc.oneof(fc.constantFrom('always-cheap', 'never-switch'), fc.stringMatching(/^fixed:[a-z]{1,90}$/u));

test('nothing "would have saved" whose interval holds zero or whose success falls, and each line keeps to its 80 columns', () => {
  const run = { paid: 0, saved: 0 };
  fc.assert(
    fc.property(
      outcome,
      fc.dictionary(name, outcome, { maxKeys: 3 }),
      fc.double({ min: 1, max: 60, noNaN: true }),
      (ours, simple, single) => {
        const said = verdict({ ours, simple, single, recorded: { callCount: 4_000_000 } });
        for (const line of [said.paid, said.simplest, said.routing]) expect(line.length).toBeLessThanOrEqual(80);
        run.paid += 1;
        const [, who] = /^(\S+) would have saved/u.exec(said.headline) ?? [];
        if (who !== undefined) {
          const { bill, success, spread } = who === 'Routing' ? ours : (simple[who] ?? expect.fail(who));
          expect([bill / 10 - 1 + spread < 0, success >= 0.89]).toEqual([true, true]);
          run.saved += 1;
        }
        expect([said.paid, said.simplest, said.routing].join(' ')).not.toContain('would have saved');
        if (said.pays) expect([ours.bill / 10 - 1 + ours.spread < 0, ours.success >= 0.89]).toEqual([true, true]);
      },
    ),
    { numRuns: 400 },
  );
  expect(run.saved).toBeGreaterThan(10);
});
