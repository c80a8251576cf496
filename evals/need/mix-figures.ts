import type { Figure, Figures } from '../../src/domain/figure.ts';
import { balancedPolicy, routeSteps, sharePct, thirdBy, type ReadStep, type RoutedStep } from './route-stream.ts';

const NOTCHES = Array.from({ length: 11 }, (_, dial) => dial);
/** Mixes count as different from this many points on. */
const LEAST_POINTS = 3;

const isEasy = ({ step }: RoutedStep): boolean => step.labels.difficulty <= 2;
const isHard = ({ step }: RoutedStep): boolean => step.labels.difficulty >= 4;

/** Who takes the stream at each notch of the dial: the share of the pool's ablest third, over all steps, easy ones and hard ones. */
export async function mixFigures(
  pool: string,
  models: readonly string[],
  steps: readonly ReadStep[],
): Promise<Figures> {
  const policy = balancedPolicy();
  const figures: Record<string, Figure> = {};
  const shares: number[] = [];
  let hardAbove = 0;
  let ablest: ReadonlySet<string> | undefined;
  for (const dial of NOTCHES) {
    const routed = await routeSteps(steps, models, { ...policy, dial });
    ablest ??= thirdBy(routed, (row) => row.successRatio);
    const all = sharePct(routed, ablest);
    const [easy, hard] = [sharePct(routed.filter(isEasy), ablest), sharePct(routed.filter(isHard), ablest)];
    shares.push(all);
    if (hard > easy) hardAbove += 1;
    figures[`need.mix.${pool}.${dial}`] = pct(all, routed.length);
    figures[`need.mix.${pool}.${dial}.easy`] = pct(easy, routed.filter(isEasy).length);
    figures[`need.mix.${pool}.${dial}.hard`] = pct(hard, routed.filter(isHard).length);
  }
  figures[`need.mix.${pool}.mixes.count`] = count(mixCount(shares), 8);
  figures[`need.mix.${pool}.rises.count`] = count(
    shares.filter((share, dial) => dial > 0 && share > (shares[dial - 1] ?? 100) + 1e-9).length,
    0,
  );
  figures[`need.mix.${pool}.hard_above_easy.count`] = count(hardAbove, NOTCHES.length);
  return figures;
}

/** Mixes along the dial that each lie this far below the one before. */
function mixCount(shares: readonly number[]): number {
  let found = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const share of shares) {
    if (last - share < LEAST_POINTS) continue;
    found += 1;
    last = share;
  }
  return found;
}

/** What the default policy does in fresh sessions: easiest steps on the cheapest third, hard ones on the ablest. */
export async function defaultFigures(
  pool: string,
  models: readonly string[],
  steps: readonly ReadStep[],
): Promise<Figures> {
  const routed = await routeSteps(steps, models, balancedPolicy());
  const ablest = thirdBy(routed, (row) => row.successRatio);
  const cheapest = thirdBy(routed, (row) => -Number(row.billNanoUsd));
  const easiest = routed.filter(({ step }) => step.labels.difficulty === 1);
  const hard = routed.filter(isHard);
  return {
    [`need.default.${pool}.easy_cheap.pct`]: pct(sharePct(easiest, cheapest), easiest.length, 75),
    [`need.default.${pool}.hard_frontier.pct`]: pct(sharePct(hard, ablest), hard.length, 75),
  };
}

const pct = (value: number, n: number, against?: number): Figure => ({
  value,
  unit: '%',
  n,
  label: 'modelled',
  ...(against === undefined ? {} : { against }),
});
const count = (value: number, against: number): Figure => ({ value, unit: 'count', against, label: 'modelled' });
