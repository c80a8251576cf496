import { PointsmanError } from '../../domain/errors.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import { alwaysCheap, alwaysFrontier, asRecorded, followNeed, neverSwitch, randomChoice } from './baselines.ts';
import { bitrouterTable } from './bitrouter.ts';
import { momentum } from './momentum.ts';
import { avengersPro, factoryP70, routellmThreshold } from './one-shot-rules.ts';
import { planoBudget } from './plano.ts';
import { vllmSaar } from './saar.ts';
import { weaveCorrected, weaveProduction } from './weave.ts';

/** What anybody could do without a router: the bounds that a reader needs beside ours. */
export const NEEDS_NO_ROUTER: ReadonlySet<string> = new Set(
  [asRecorded, neverSwitch, alwaysFrontier, alwaysCheap].map(({ name }) => name),
);

/** Every named rule with its published constants: plain bounds first, then rivals. */
export function rivalPolicies(seed = 1): readonly ReplayPolicy[] {
  const rules: readonly ReplayPolicy[] = [
    asRecorded,
    neverSwitch,
    alwaysFrontier,
    alwaysCheap,
    randomChoice(seed),
    followNeed,
    momentum,
    weaveProduction,
    weaveCorrected,
    planoBudget(),
    vllmSaar,
    bitrouterTable,
    avengersPro(),
    routellmThreshold(),
    factoryP70(),
  ];
  return rules.map((rule) => ({ ...rule, recipe: { kind: 'rival', name: rule.name, seed } }));
}

/**
 * The rule that a recipe names.
 * @throws PointsmanError `internal` for a name that no rule has
 */
export function rivalNamed(name: string, seed: number): ReplayPolicy {
  const rule = rivalPolicies(seed).find((one) => one.name === name);
  if (rule === undefined) throw new PointsmanError('internal', `No rule is called "${name}"`);
  return rule;
}
