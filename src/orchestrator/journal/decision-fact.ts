import type { CleanText, StepPacker } from '../../recorder/packing/step-packer.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { ROUTES } from '../model/job-facts.ts';

/** A settled fact that holds a decision with its input, which is packed apart. */
function isDecisionFact(value: unknown): value is Pick<StepRecord, 'input' | 'decision'> {
  return value !== null && typeof value === 'object' && 'input' in value && 'decision' in value;
}

/** A settled decision as it is stored. `undefined`: it is none, or something is to be taken out of it first. */
export function packedFact(packer: StepPacker | undefined, name: string, value: unknown): CleanText | undefined {
  return name.startsWith(ROUTES.prefix) && isDecisionFact(value) ? packer?.whole(value) : undefined;
}
