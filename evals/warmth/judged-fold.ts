import type { StretchTable } from '../../src/predict/forecast/stretches.ts';
import { shippedStretches } from '../../src/predict/shipped-stretches.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import type { ReturnTable } from '../../src/warmth/returns.ts';
import { shippedReturns } from '../../src/warmth/shipped-returns.ts';
import type { Fold } from '../data/block-traces.ts';
import { fitReturns } from './fit-returns.ts';
import { fitStretches } from './fit-stretches.ts';

/** Sessions with what was learned from others. */
export interface JudgedFold {
  readonly judged: readonly SessionTrace[];
  readonly returns: ReturnTable;
  readonly stretches: StretchTable;
}

export function toJudged({ judged, learnedFrom }: Fold): JudgedFold {
  return {
    judged,
    returns: learnedFrom === undefined ? shippedReturns() : fitReturns(learnedFrom),
    stretches: learnedFrom === undefined ? shippedStretches() : fitStretches(learnedFrom),
  };
}
