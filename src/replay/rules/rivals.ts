import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import { alwaysCheap, alwaysFrontier, asRecorded, followNeed, neverSwitch, randomChoice } from './baselines.ts';
import { bitrouterTable } from './bitrouter.ts';
import { momentum } from './momentum.ts';
import { avengersPro, factoryP70, routellmThreshold } from './one-shot-rules.ts';
import { planoBudget } from './plano.ts';
import { vllmSaar } from './saar.ts';
import { weaveCorrected, weaveProduction } from './weave.ts';

/** Every named rule with its published constants: plain bounds first, then rivals. */
export function rivalPolicies(seed = 1): readonly ReplayPolicy[] {
  return [
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
}
