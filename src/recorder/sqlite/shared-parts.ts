import { createHash } from 'node:crypto';
import type { StepRecord } from '../record.ts';
import type { Redactor } from '../redact.ts';

/** Parts of a decision's input that are the same in step after step: the pool of models and the policy. */
const SHARED = ['models', 'policy'] as const;
const REFERENCE = '$part';

export interface Part {
  readonly hash: string;
  readonly body: string;
}

/** Serialises parts once per object: a job hands the same pool and policy to every decision. */
export interface PartCache {
  part(value: object): Part;
}

export function createPartCache(redactor: Redactor): PartCache {
  const known = new WeakMap<object, Part>();
  return {
    part(value) {
      const hit = known.get(value);
      if (hit !== undefined) return hit;
      const body = JSON.stringify(redactor.value(value));
      const part = { hash: createHash('sha256').update(body).digest('hex'), body };
      known.set(value, part);
      return part;
    },
  };
}

/** The record with a reference in place of each shared part. Keys keep their order, so that reading gives the same bytes. */
export function takeOutParts(
  record: StepRecord,
  cache: PartCache,
): { readonly record: unknown; readonly parts: readonly Part[] } {
  const parts: Part[] = [];
  const input: Record<string, unknown> = { ...record.input };
  for (const name of SHARED) {
    const value = input[name];
    if (value === null || typeof value !== 'object') continue;
    const part = cache.part(value);
    parts.push(part);
    input[name] = { [REFERENCE]: part.hash };
  }
  return { record: { ...record, input }, parts };
}

/** Puts the parts back. A part that is missing leaves its reference, which then fails the record's check. */
export function putBackParts(body: string, part: (hash: string) => string | undefined): unknown {
  const record = JSON.parse(body) as { readonly input?: Record<string, unknown> };
  const input = record.input;
  if (input === undefined || input === null || typeof input !== 'object') return record;
  for (const name of SHARED) {
    const reference = (input[name] as Record<string, unknown> | undefined)?.[REFERENCE];
    if (typeof reference !== 'string') continue;
    const text = part(reference);
    if (text !== undefined) input[name] = JSON.parse(text);
  }
  return record;
}
