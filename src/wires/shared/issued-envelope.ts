import { asId, type ModelId } from '../../domain/ids.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import { fieldsIn, isFields, textIn } from './fields.ts';

/** What every envelope starts with; no vendor's signature does. */
const HEAD = 'pointsman1.';

/**
 * Puts vendor-bound state where another vendor's clients keep theirs, so that it comes back with the transcript and the
 * model that issued it can have it again, after a restart too. Never a forgery: no vendor accepts it, and it is taken
 * out of everything that goes to one.
 */
export function sealIssued(by: ModelId, issued: IssuedState | undefined): string {
  const content = { by: issued?.by ?? by, wire: issued?.wire ?? null };
  return HEAD + Buffer.from(JSON.stringify(content)).toString('base64url');
}

export function isSealed(signature: string): boolean {
  return signature.startsWith(HEAD);
}

/** What an envelope holds; `undefined` for anything else, and for an envelope that only marks unsigned thinking. */
export function openSealed(signature: string): IssuedState | undefined {
  if (!isSealed(signature)) return undefined;
  try {
    const content = fieldsIn(JSON.parse(Buffer.from(signature.slice(HEAD.length), 'base64url').toString()));
    const by = textIn(content['by']);
    const { wire } = content;
    return by === undefined || !isFields(wire) ? undefined : { by: asId<ModelId>(by), wire: wire as JsonValue };
  } catch {
    return undefined;
  }
}
