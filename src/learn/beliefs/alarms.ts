import type { Ratio } from '../../domain/time.ts';

/** Something about the run of decisions that a person should look at. */
export interface Alarm {
  readonly code: 'collapse' | 'low-entropy' | 'drift';
  readonly text: string;
  readonly value: number;
}

/** One decision as the alarms see it. */
export interface WatchedDecision {
  readonly model: string;
  readonly isStrongest: boolean;
  /** A cheaper candidate was expected to do. */
  readonly cheaperSufficed: boolean;
  readonly predictedRatio: Ratio;
  /** `undefined`: not known yet. */
  readonly succeeded: boolean | undefined;
}

const LEAST_COUNT = 50;
const MAX_COLLAPSE_RATIO = 0.5;
const MIN_ENTROPY_SHARE = 0.1;

/**
 * P(the strongest was taken | a cheaper one sufficed): 0 is healthy, 1 is a router that has collapsed to one model.
 * `undefined` when no cheaper one ever sufficed. The phenomenon: arXiv 2602.03478; the index is ours, the paper's own
 * formula was not read.
 */
export function collapseIndex(
  decisions: readonly Pick<WatchedDecision, 'isStrongest' | 'cheaperSufficed'>[],
): Ratio | undefined {
  const spared = decisions.filter((decision) => decision.cheaperSufficed);
  if (spared.length === 0) return undefined;
  return spared.filter((decision) => decision.isStrongest).length / spared.length;
}

/** Alarms of a window of decisions; none below fifty, because a short run is always uneven. Pure. */
export function raiseAlarms(decisions: readonly WatchedDecision[]): readonly Alarm[] {
  if (decisions.length < LEAST_COUNT) return [];
  const alarms: Alarm[] = [];
  const collapse = collapseIndex(decisions);
  if (collapse !== undefined && collapse > MAX_COLLAPSE_RATIO) {
    alarms.push({
      code: 'collapse',
      value: collapse,
      text: `The strongest model took ${percent(collapse)} of the steps where a cheaper one was expected to do.`,
    });
  }
  const entropy = entropyShare(decisions.map((decision) => decision.model));
  if (entropy !== undefined && entropy < MIN_ENTROPY_SHARE) {
    alarms.push({
      code: 'low-entropy',
      value: entropy,
      text: 'Nearly every step goes to one model although others were chosen before.',
    });
  }
  const drift = driftScore(decisions);
  if (drift !== undefined && Math.abs(drift) > 3) {
    alarms.push({
      code: 'drift',
      value: drift,
      text: `Steps succeed ${drift < 0 ? 'less' : 'more'} often than predicted, ${Math.abs(drift).toFixed(1)} deviations off.`,
    });
  }
  return alarms;
}

/** Successes against predictions, in standard deviations; `undefined` with fewer than fifty known outcomes. */
function driftScore(decisions: readonly WatchedDecision[]): number | undefined {
  const known = decisions.filter((decision) => decision.succeeded !== undefined);
  if (known.length < LEAST_COUNT) return undefined;
  let [gap, variance] = [0, 0];
  for (const { predictedRatio, succeeded } of known) {
    gap += (succeeded === true ? 1 : 0) - predictedRatio;
    variance += predictedRatio * (1 - predictedRatio);
  }
  return gap / Math.sqrt(Math.max(1e-9, variance));
}

/** Entropy of the mix over what it could be with the models seen; `undefined` when only one was ever seen. */
function entropyShare(models: readonly string[]): number | undefined {
  const counts = new Map<string, number>();
  for (const model of models) counts.set(model, (counts.get(model) ?? 0) + 1);
  if (counts.size < 2) return undefined;
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / models.length) * Math.log(count / models.length);
  return entropy / Math.log(counts.size);
}

function percent(ratio: Ratio): string {
  return `${Math.round(100 * ratio)} %`;
}
