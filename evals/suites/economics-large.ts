import type { Figure } from '../../src/domain/figure.ts';
import { runLargeOurs, type LargeOptions } from '../economics/large-ours.ts';
import { FRESH, delegateUsd, toCalls } from '../economics/large-rivals.ts';
import { PAIRS, largeSessions, type LargePair } from '../economics/large-study.ts';
import { optimumUsd } from '../economics/optimum.ts';
import { alwaysFrontier, followNeed, runRival } from '../economics/rivals.ts';
import { Tally, overSeeds, percentAgainst, signed } from '../economics/tally.ts';
import type { Suite, SuiteContext } from '../suite.ts';

const COLUMNS: readonly Pick<LargeOptions, 'modes' | 'forecast'>[] = [
  { modes: 'continue', forecast: 'exact' },
  { modes: 'continue', forecast: 'half' },
  { modes: 'continue', forecast: 'none' },
  { modes: 'modes', forecast: 'exact' },
  { modes: 'modes-1.5', forecast: 'exact' },
  { modes: 'modes-1.5', forecast: 'half' },
  { modes: 'modes-1.5', forecast: 'none' },
];

/** The same question on sessions of 10–80 calls with real price pairs and measured gaps. */
export const suite: Suite = {
  name: 'economics-large',
  summary: 'the same on sessions of 10–80 calls, eight real price pairs, gaps fitted to measured switch-backs',
  async run(context) {
    const figures: Record<string, Figure> = {};
    for (const pair of PAIRS) {
      context.signal.throwIfAborted();
      context.progress(`economics-large ${pair.name}`);
      const { tally, caseCount } = runPair(pair, context);
      const line: string[] = [];
      for (const name of tally.names()) {
        const figure = overSeeds(tally.of(name), { unit: name === 'frontier' ? 'usd' : 'pct', caseCount });
        const unit = name === 'frontier' ? 'usd' : 'pct';
        figures[`economics.large.${pair.name}.${name}.${unit}`] = figure;
        line.push(
          name === 'frontier' ? `always-frontier $${figure.value.toFixed(3)}` : `${name} ${signed(figure.value)}`,
        );
      }
      context.print(`${pair.name}: ${line.join(' · ')}\n`);
      await Promise.resolve();
    }
    return { kind: 'ran', figures };
  },
};

function runPair(pair: LargePair, context: SuiteContext): { readonly tally: Tally; readonly caseCount: number } {
  const seeds = context.quick ? [1, 2] : [1, 2, 3, 4, 5];
  const perSeed = context.quick ? 20 : 120;
  const models = [pair.cheap, pair.frontier];
  const tally = new Tally();
  for (const seed of seeds) {
    const sessions = largeSessions(seed, perSeed);
    const calls = sessions.map(toCalls);
    const baseline = calls.map((one) => runRival(models, one, alwaysFrontier));
    const add = (name: string, bills: readonly number[]): void => tally.add(name, percentAgainst(bills, baseline));
    tally.add('frontier', baseline.reduce((sum, usd) => sum + usd, 0) / baseline.length);
    add(
      'rival.follow',
      calls.map((one) => runRival(models, one, followNeed)),
    );
    add(
      'rival.delegate',
      sessions.map((one) => delegateUsd(one, pair, { work: 1, headTokens: FRESH.systemTokens })),
    );
    add(
      'rival.delegate-1.5',
      sessions.map((one) => delegateUsd(one, pair, { work: 1.5, headTokens: FRESH.systemTokens })),
    );
    add(
      'optimum',
      calls.map((one) => optimumUsd(models, one)),
    );
    for (const column of COLUMNS) {
      const bills = sessions.map((one, index) => runLargeOurs(one, { pair, ...column, seed: seed * 1000 + index }));
      add(`${column.modes}.${column.forecast}`, bills);
    }
  }
  return { tally, caseCount: seeds.length * perSeed };
}
