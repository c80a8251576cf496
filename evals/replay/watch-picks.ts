import { listPrice } from '../../src/replay/simulation/build-workload.ts';
import type { ReplayPolicy } from '../../src/replay/simulation/replay-policy.ts';
import type { Workload } from '../../src/replay/simulation/workload.ts';

/** What a policy picked at the first call of a step, as collapse and entropy look at it. */
export interface WatchedPick {
  readonly model: string;
  /** The model with the highest predicted success at this step; the cheaper one on a tie. */
  readonly isStrongest: boolean;
  /** A cheaper one was enough too. */
  readonly cheaperSufficed: boolean;
}

/** The same policy, telling of each step which model it picked. It has no recipe: another thread would make it anew, and tell nobody. */
export function watchPicks(
  { recipe: _recipe, ...policy }: ReplayPolicy,
  onPick: (pick: WatchedPick) => void,
): ReplayPolicy {
  return {
    ...policy,
    start(work) {
      const thread = policy.start(work);
      const choose = thread.choose.bind(thread);
      thread.choose = (view) => {
        const m = choose(view);
        if (view.isStepStart) onPick(pickAt(work, view.index, m));
        return m;
      };
      return thread;
    },
  };
}

function pickAt(work: Workload, index: number, m: number): WatchedPick {
  const step = work.steps[work.stepOf[index] ?? 0];
  const price = work.models.map(listPrice);
  const success = (k: number): number => step?.successRatio[k] ?? 0;
  let strongest = 0;
  for (let k = 1; k < work.models.length; k += 1) {
    const gap = success(k) - success(strongest);
    if (gap > 0 || (gap === 0 && (price[k] ?? 0) < (price[strongest] ?? 0))) strongest = k;
  }
  return {
    model: work.models[m]?.id ?? '',
    isStrongest: m === strongest,
    cheaperSufficed: price.some((one, k) => step?.sufficient[k] === 1 && one < (price[strongest] ?? 0)),
  };
}
