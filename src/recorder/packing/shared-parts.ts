import { createHash } from 'node:crypto';
import type { DecisionId } from '../../domain/ids.ts';
import type { Redactor } from '../redact.ts';

/** 128 bits tell contents apart, and stand in every record. In hex nothing reads like a key of somebody's. */
const HASH_CHARS = 32;

/** A value that many records hold, stored once by its content. */
export interface SharedPart {
  readonly hash: string;
  readonly body: string;
}

export interface CachedPart extends SharedPart {
  /** There was nothing to take out, whoever's words the names in it are. */
  readonly isClean: boolean;
}

/** Serialises parts once per object: a session hands the same pool, policy and forecast to many decisions. */
export interface PartCache {
  part(value: object): CachedPart;
  /** `undefined` while only one decision has held the very object: what is its own is not worth a part. */
  partOfMany(value: object, decisionId: DecisionId): CachedPart | undefined;
}

export function createPartCache(redactor: Pick<Redactor, 'record' | 'value'>): PartCache {
  const known = new WeakMap<object, CachedPart>();
  const seenIn = new WeakMap<object, DecisionId>();
  const part = (value: object): CachedPart => {
    const hit = known.get(value);
    if (hit !== undefined) return hit;
    const body = JSON.stringify(redactor.record(value));
    const isClean = redactor.value(value) === value;
    const made = { hash: createHash('sha256').update(body).digest('hex').slice(0, HASH_CHARS), body, isClean };
    known.set(value, made);
    return made;
  };
  return {
    part,
    partOfMany(value, decisionId) {
      const first = seenIn.get(value);
      if (first === undefined) seenIn.set(value, decisionId);
      return first === undefined || first === decisionId ? undefined : part(value);
    },
  };
}
