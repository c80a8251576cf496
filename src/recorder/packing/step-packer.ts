import type { StepRecord } from '../record.ts';
import type { Redactor } from '../redact.ts';
import { packStep } from './pack-step.ts';
import { createPartCache, type PartCache, type SharedPart } from './shared-parts.ts';

type Decided = Pick<StepRecord, 'input' | 'decision'>;

/** A decision as text that holds nothing to take out. */
export interface CleanDecision {
  readonly input: string;
  readonly decision: string;
  /** All that the text refers to. */
  readonly parts: readonly SharedPart[];
}

/** A whole record as text. */
export interface CleanText {
  readonly text: string;
  readonly parts: readonly SharedPart[];
}

/**
 * Packs, looks through and serialises a decision once: a job's journal holds it, and the recorder at each stage of its step.
 * What must be masked first is not remembered.
 */
export interface StepPacker {
  readonly cache: PartCache;
  /** `undefined`: something is to be taken out, whoever's words the names in it are. */
  readonly clean: (decided: Decided) => CleanDecision | undefined;
  /** The same of all that is recorded of the step. */
  readonly whole: (record: Decided) => CleanText | undefined;
}

export function createStepPacker(redactor: Pick<Redactor, 'record' | 'value'>): StepPacker {
  const cache = createPartCache(redactor);
  const known = new WeakMap<
    Decided['input'],
    { readonly of: Decided['decision']; readonly as: CleanDecision | undefined }
  >();
  const isClean = (value: object): boolean => redactor.value(value) === value;
  const pack = ({ input, decision }: Decided): CleanDecision | undefined => {
    const { record, parts } = packStep({ input, decision }, cache);
    if (!isClean(record) || !parts.every((part) => part.isClean)) return undefined;
    return { input: JSON.stringify(record.input), decision: JSON.stringify(record.decision), parts };
  };
  const clean = (decided: Decided): CleanDecision | undefined => {
    const hit = known.get(decided.input);
    if (hit !== undefined && hit.of === decided.decision) return hit.as;
    const as = pack(decided);
    known.set(decided.input, { of: decided.decision, as });
    return as;
  };
  return {
    cache,
    clean,
    whole: (record) => {
      const packed = isClean(withoutDecision(record)) ? clean(record) : undefined;
      return packed === undefined ? undefined : { text: withText(record, packed), parts: packed.parts };
    },
  };
}

/** For one store alone, such as a gateway's: nothing is packed twice, and a decision is looked through with the rest of its record. */
export function createLonePacker(redactor: Pick<Redactor, 'record' | 'value'>): StepPacker {
  return { cache: createPartCache(redactor), clean: () => undefined, whole: () => undefined };
}

/** For what holds no secrets any more. */
export function createPlainPacker(): StepPacker {
  return createStepPacker({ record: (value) => value, value: (value) => value });
}

/** All but the decision, whose fields keep their places. */
export function withoutDecision<Of extends Decided>(record: Of): Omit<Of, keyof Decided> {
  return { ...record, input: null, decision: null };
}

/** JSON of a record with the text of its decision, keys in their order. */
export function withText(record: object, { input, decision }: CleanDecision): string {
  const texts: Readonly<Record<string, string>> = { input, decision };
  const fields = Object.entries(record).flatMap(([key, value]) =>
    value === undefined ? [] : [`${JSON.stringify(key)}:${texts[key] ?? JSON.stringify(value)}`],
  );
  return `{${fields.join(',')}}`;
}
