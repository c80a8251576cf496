import type { Interruptible } from '../../replay/simulation/interruptible.ts';
import { optimumSteps, type Optimum, type OptimumOptions } from '../../replay/simulation/optimum.ts';
import type { ReplayPolicy } from '../../replay/simulation/replay-policy.ts';
import { RunBuffers, simulateSteps, type ThreadRun } from '../../replay/simulation/simulate.ts';
import type { Workload } from '../../replay/simulation/workload.ts';

/** Runs a policy over a thread without a pause. */
export function simulate(work: Workload, policy: ReplayPolicy): ThreadRun {
  return finish(simulateSteps(work, policy, new RunBuffers()));
}

/** Searches for the optimum without a pause. */
export function findOptimum(work: Workload, options?: OptimumOptions): Optimum {
  return finish(optimumSteps(work, options));
}

function finish<Result>(work: Interruptible<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
