import type { Counts } from '../metrics/sums.ts';
import type { CacheFigures } from '../report/cache-report.ts';
import type { TimeFigures } from '../report/cost-over-time.ts';
import type { AvoidableEvent, Timeline } from '../report/replay-report.ts';
import type { WarmthFigures } from '../report/warmth-tally.ts';
import type { ThreadHead } from '../simulation/thread-head.ts';
import type { PolicyFigures } from './policy-tally.ts';
import type { RecordedFigures } from './recorded-tally.ts';

/** What one session came to: plain data, so that sessions may be priced anywhere and are added up in their own order. */
export interface SessionFigures {
  readonly recorded: RecordedFigures;
  readonly cache: CacheFigures;
  readonly warmth: WarmthFigures;
  readonly times: TimeFigures;
  /** In the order of the policies. */
  readonly policies: readonly PolicyFigures[];
  /** Bill and failures of always the same model, in the order of the pool. */
  readonly fixedNano: readonly number[];
  readonly optimum: OptimumFigures;
  /** Threads by what the size of their head stands on. */
  readonly heads: HeadCounts;
  /** Those that whoever priced the session keeps for now. */
  readonly events: readonly AvoidableEvent[];
  readonly timelines: readonly Timeline[];
}

export type OptimumFigures = Counts<'cost' | 'failure' | 'bound' | 'exact' | 'beam' | 'fresh' | 'switches'>;

export function noOptimum(): OptimumFigures {
  return { cost: 0, failure: 0, bound: 0, exact: 0, beam: 0, fresh: 0, switches: 0 };
}

export type HeadCounts = Counts<ThreadHead['basis']>;

export function noHeads(): HeadCounts {
  return { 'first-prompt': 0, assumed: 0 };
}
