import type { Figure } from '../../src/domain/figure.ts';
import { modesOptimumUsd } from '../economics/modes-optimum.ts';
import { optimumUsd } from '../economics/optimum.ts';
import { RIVALS, alwaysFrontier, runRival } from '../economics/rivals.ts';
import { BRIEF_TOKENS, RESULT_TOKENS, runOurs, type OursOptions } from '../economics/small-ours.ts';
import { POOLS, TRACES, smallSessions, type StudyPool, type StudyTrace } from '../economics/small-study.ts';
import { Tally, overSeeds, percentAgainst, signed } from '../economics/tally.ts';
import type { Suite, SuiteContext } from '../suite.ts';

/** The columns of ours: context modes × how good the forecast is. */
const COLUMNS: readonly (Pick<OursOptions, 'modes' | 'forecast'> & { readonly guard?: number })[] = [
  { modes: 'continue', forecast: 'exact' },
  { modes: 'continue', forecast: 'half' },
  { modes: 'continue', forecast: 'none' },
  { modes: 'continue', forecast: 'none', guard: 0.1 },
  { modes: 'modes', forecast: 'exact' },
  { modes: 'modes-1.5', forecast: 'exact' },
  { modes: 'modes-1.5', forecast: 'half' },
  { modes: 'modes-1.5', forecast: 'none' },
];

const columnName = (column: (typeof COLUMNS)[number]): string =>
  `${column.modes}.${column.forecast}${column.guard === undefined ? '' : '.guarded'}`;

/** Cost against always-frontier with caching, in percent, on synthetic sessions of equal quality by construction. */
export const suite: Suite = {
  name: 'economics',
  summary: 'what routing costs against never switching, on synthetic sessions with known needs, beside five rivals',
  async run(context) {
    const figures: Record<string, Figure> = {};
    context.print('Cost against always-frontier with caching, % (mean over seeds; modes at 1.5 times the work)\n');
    for (const pool of POOLS) {
      for (const trace of TRACES) {
        context.signal.throwIfAborted();
        context.progress(`economics ${pool.name} ${trace.name}`);
        const { tally, caseCount } = runRow(pool, trace, context);
        const rivals = tally.names().filter((name) => name.startsWith('rival.'));
        const best = Math.min(...rivals.map((name) => overSeeds(tally.of(name), { unit: 'pct', caseCount }).value));
        const line: string[] = [];
        for (const name of tally.names()) {
          const isRegret = name.endsWith('regret');
          const against = name.startsWith('rival.') || isRegret ? {} : { against: best };
          const figure = overSeeds(tally.of(name), { unit: isRegret ? 'points' : 'pct', caseCount, ...against });
          figures[`economics.${pool.name}.${trace.name}.${name}.${isRegret ? 'points' : 'pct'}`] = figure;
          line.push(`${name} ${signed(figure.value)}`);
        }
        context.print(`${pool.name} ${trace.name}: ${line.join(' · ')}\n`);
        await Promise.resolve();
      }
    }
    return { kind: 'ran', figures };
  },
};

function runRow(
  pool: StudyPool,
  trace: StudyTrace,
  context: SuiteContext,
): { readonly tally: Tally; readonly caseCount: number } {
  const seeds = context.quick ? [1, 2] : [1, 2, 3, 4, 5];
  const perSeed = sessionsPerSeed(pool, trace, context.quick);
  const tally = new Tally();
  for (const seed of seeds) {
    const sessions = smallSessions(pool, trace, seed, perSeed);
    const baseline = sessions.map((calls) => runRival(pool.models, calls, alwaysFrontier));
    for (const [name, rival] of Object.entries(RIVALS)) {
      const bills = sessions.map((calls) => runRival(pool.models, calls, rival));
      tally.add(`rival.${name}`, percentAgainst(bills, baseline));
    }
    // The exact optimum has about (calls)³ states with four models: left out where that is too much.
    const hasOptimum = pool.models.length < 4 || trace.callCount === 5;
    const optimum = hasOptimum ? sessions.map((calls) => optimumUsd(pool.models, calls)) : undefined;
    if (optimum !== undefined) tally.add('optimum', percentAgainst(optimum, baseline));
    if (trace.callCount === 5) {
      const fresh = { headTokens: trace.systemTokens, promptTokens: trace.systemTokens + BRIEF_TOKENS };
      const bills = sessions.map((calls) =>
        modesOptimumUsd(pool.models, calls, { ...fresh, resultTokens: RESULT_TOKENS, work: 1.5 }),
      );
      tally.add('optimum-modes-1.5', percentAgainst(bills, baseline));
    }
    for (const column of COLUMNS) {
      const bills = sessions.map((calls, index) =>
        runOurs(calls, { pool, trace, ...column, maxOverheadRatio: column.guard, seed: seed * 1000 + index }),
      );
      tally.add(columnName(column), percentAgainst(bills, baseline));
      if (optimum !== undefined && columnName(column) === 'continue.exact') {
        tally.add('continue.exact.regret', percentAgainst(bills, baseline) - percentAgainst(optimum, baseline));
      }
    }
  }
  return { tally, caseCount: seeds.length * perSeed };
}

/** As many sessions as a few minutes allow: long sessions with four models take a thousand times as long as short ones. */
function sessionsPerSeed(pool: StudyPool, trace: StudyTrace, isQuick: boolean): number {
  const count = trace.callCount === 5 ? 200 : pool.models.length > 3 ? 8 : 20;
  return isQuick ? Math.ceil(count / 10) : count;
}
