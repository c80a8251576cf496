import type { StepSize } from '../../domain/forecast.ts';
import type { StepKind } from '../../domain/step.ts';
import { pieceRatioOf, type KindSizes } from '../../predict/step-sizes.ts';
import type { Workload } from '../simulation/workload.ts';

/** How many observed steps the size by kind is worth: sessions differ more from each other than a kind's steps do. */
const PRIOR_STEPS = 1;

/** Sizes of a thread's steps as they become known: the prior by kind, drawn towards the mean of what was seen of it. */
export class LearnedSizes {
  private readonly seen = new Map<
    StepKind,
    { steps: number; calls: number; newTokens: number; outputTokens: number }
  >();

  private readonly priors: KindSizes;

  constructor(priors: KindSizes) {
    this.priors = priors;
  }

  /** Takes in a finished step. */
  learn(work: Workload, stepIndex: number): void {
    const step = work.steps[stepIndex];
    if (step === undefined) return;
    const sum = this.seen.get(step.kind) ?? { steps: 0, calls: 0, newTokens: 0, outputTokens: 0 };
    sum.steps += 1;
    sum.calls += step.callCount;
    for (let i = step.firstCall; i < step.firstCall + step.callCount; i += 1) {
      const output = work.outputTokens[i] ?? 0;
      sum.outputTokens += output;
      if (!isNewPrompt(work, i)) sum.newTokens += Math.max(0, (work.newTokens[i] ?? 0) - output);
    }
    this.seen.set(step.kind, sum);
  }

  sizeOf(kind: StepKind): StepSize {
    const prior = this.priors[kind];
    const sum = this.seen.get(kind);
    if (sum === undefined) return prior;
    const calls = PRIOR_STEPS * prior.callCount + sum.calls;
    const mean = (priorPerCall: number, total: number): number =>
      (PRIOR_STEPS * prior.callCount * priorPerCall + total) / calls;
    const callCount = calls / (PRIOR_STEPS + sum.steps);
    return {
      ...prior,
      callCount,
      pieceRatio: pieceRatioOf(kind, callCount),
      newTokensPerCall: mean(prior.newTokensPerCall, sum.newTokens),
      outputTokensPerCall: mean(prior.outputTokensPerCall, sum.outputTokens),
    };
  }
}

/** The first prompt of a thread, and one after a cut, are no growth: what stands in them was not appended by their step. */
function isNewPrompt(work: Workload, i: number): boolean {
  return i === 0 || (work.keepTokens[i] ?? Infinity) < (work.cachedTokens[i - 1] ?? 0);
}
