import type { StepRecord } from '../../recorder/record.ts';

/** A settled fact that holds a decision with its input, which is packed apart. */
export function isDecisionFact(value: unknown): value is Pick<StepRecord, 'input' | 'decision'> {
  return value !== null && typeof value === 'object' && 'input' in value && 'decision' in value;
}
