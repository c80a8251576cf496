import type { HandoffDrift } from '../../domain/quality.ts';
import type { StepMode } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import { cappedWeights } from './bounded-weights.ts';

/** One result, with what changed hands before it. */
export interface DriftSample {
  readonly model: string;
  readonly fromFamily: string | undefined;
  readonly toFamily: string;
  readonly mode: StepMode;
  /** How right it was, above what was believed of the model when nothing changes hands. */
  readonly gainRatio: number;
  readonly weight: number;
  readonly principal: string;
}

export type PriorDrift = (fromFamily: string, toFamily: string, mode: StepMode) => Ratio;

/** A loss of a few points shows only over many results: the prior is worth this many of them. */
const PRIOR_COUNT = 50;
/** Fewer results than this leave a pair to the prior. */
const MIN_COUNT = 10;
/** More than this was never measured of a hand-over; past it something else is wrong. */
const MAX_LOSS: Ratio = 0.3;

/**
 * What is lost per pair of families and mode: how much worse models do there than the same models where nothing changed
 * hands. Shrunk to the prior. Pure.
 */
export function learnDrift(samples: readonly DriftSample[], priorDrift: PriorDrift): readonly HandoffDrift[] {
  const usual = usualGains(samples.filter((sample) => !isHandover(sample)));
  const cells = Map.groupBy(samples.filter(isHandover), ({ fromFamily, toFamily, mode }) =>
    JSON.stringify([fromFamily, toFamily, mode]),
  );
  return [...cells]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) => {
      const [first] = own;
      if (first?.fromFamily === undefined || own.length < MIN_COUNT) return [];
      const { fromFamily, toFamily, mode } = first;
      const prior = priorDrift(fromFamily, toFamily, mode);
      return [{ fromFamily, toFamily, mode, lossRatio: shrunkLoss(own, { prior, usual }) }];
    });
}

function shrunkLoss(
  samples: readonly DriftSample[],
  { prior, usual }: { readonly prior: Ratio; readonly usual: ReadonlyMap<string, number> },
): Ratio {
  let loss = PRIOR_COUNT * prior;
  let total = PRIOR_COUNT;
  const weights = cappedWeights(samples.map(({ principal, weight }) => ({ cell: '', principal, weight })));
  for (const [index, { model, gainRatio }] of samples.entries()) {
    const weight = weights[index] ?? 0;
    loss += weight * ((usual.get(model) ?? 0) - gainRatio);
    total += weight;
  }
  return Math.round(Math.min(MAX_LOSS, Math.max(0, loss / total)) * 1e4) / 1e4;
}

/** Where nothing changed hands: how far each model is from what is believed of it, shrunk to no distance. */
function usualGains(samples: readonly DriftSample[]): ReadonlyMap<string, number> {
  const gains = new Map<string, number>();
  for (const [model, own] of Map.groupBy(samples, (sample) => sample.model)) {
    const weight = own.reduce((sum, sample) => sum + sample.weight, 0);
    const gain = own.reduce((sum, sample) => sum + sample.weight * sample.gainRatio, 0);
    gains.set(model, gain / (weight + 5));
  }
  return gains;
}

function isHandover({ fromFamily, toFamily, mode }: DriftSample): boolean {
  return fromFamily !== undefined && (fromFamily !== toFamily || mode !== 'continue');
}
