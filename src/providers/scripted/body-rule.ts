import type { Fields } from '../../wires/shared/fields.ts';
import type { ReadRequest } from './read-parts.ts';

/** Something that a vendor refuses in a body, with where it says so. */
export interface BodyRule {
  /** The vendor's words when a body breaks the rule; `undefined`: it does not. */
  readonly objection: (body: Fields, model: string) => string | undefined;
  readonly source: string;
  readonly asOf: string;
}

/** The first thing that a vendor with these rules refuses; `undefined`: it would take the request. */
export function firstObjection(rules: readonly BodyRule[], { body, model }: ReadRequest): string | undefined {
  for (const rule of rules) {
    const objection = rule.objection(body, model);
    if (objection !== undefined) return objection;
  }
  return undefined;
}
