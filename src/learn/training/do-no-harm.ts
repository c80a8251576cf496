import { billRatioInterval, type PolicyRun, type RatioWithInterval } from './metrics-bill.ts';

export interface GateVerdict {
  readonly open: boolean;
  readonly evidence: RatioWithInterval;
  readonly why: string;
}

/**
 * Whether a learned correction may act: only where its out-of-fold bills beat the reference with the whole 95 % interval.
 * A tie keeps the gate shut, because a correction that cannot be told from noise costs explanations and gains nothing.
 */
export function doNoHarmGate(corrected: PolicyRun, reference: PolicyRun, seed = 1): GateVerdict {
  const evidence = billRatioInterval(corrected, reference, 400, seed);
  const open = evidence.high < 1;
  const figures = `R ${evidence.value.toFixed(3)} (${evidence.low.toFixed(3)}–${evidence.high.toFixed(3)}), ${evidence.taskCount} tasks`;
  return {
    open,
    evidence,
    why: open ? `gains out of fold: ${figures}` : `no gain that can be told from noise: ${figures}`,
  };
}
