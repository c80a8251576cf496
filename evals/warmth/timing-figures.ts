import type { Figures } from '../../src/domain/figure.ts';
import { runLargeOurs } from '../economics/large-ours.ts';
import { PAIRS, largeSessions, type LargePair } from '../economics/large-study.ts';

const SEEDS = [1, 2] as const;
const SESSIONS = 40;

/**
 * What it is worth that the look-ahead knows of points at which a prefix dies anyway: bills of a policy that follows need, its pauses
 * foreseen, against the same with pauses that it does not see coming, per price pair. Above 0: cheaper. Modelled, with the needs known.
 */
export function timingFigures(quick: boolean): Figures {
  return Object.fromEntries(PAIRS.map((pair) => [`warmth.timing.${pair.name}.gain.pct`, gainOf(pair, quick)]));
}

function gainOf(pair: LargePair, quick: boolean): Figures[string] {
  const sums = { seen: 0, unseen: 0 };
  const seeds = quick ? SEEDS.slice(0, 1) : SEEDS;
  const count = quick ? SESSIONS / 4 : SESSIONS;
  for (const seed of seeds) {
    for (const session of largeSessions(seed, count)) {
      const options = { pair, forecast: 'exact', modes: 'continue', seed } as const;
      sums.seen += runLargeOurs(session, options);
      sums.unseen += runLargeOurs(session, { ...options, hidesPauses: true });
    }
  }
  const value = Number((100 * (1 - sums.seen / sums.unseen)).toFixed(2));
  return { value, unit: '% of the bill', n: seeds.length * count, seed: SEEDS[0], label: 'modelled' };
}
