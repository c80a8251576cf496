import type { Fields } from '../shared/fields.ts';
import { isSealed } from '../shared/issued-envelope.ts';

/** Says that a call of another model has no signature. Google, thought signatures, read 2026-11. */
export const FOREIGN_SIGNATURE = 'skip_thought_signature_validator';

/** Whether a part holds nothing but a signature: clients leave the empty text out that it stood on (gemini-cli 0.61, seen 2026-11-29). */
export function isBareSignature(part: Fields): boolean {
  const names = Object.keys(part);
  return names.length === 1 && (names[0] === 'thoughtSignature' || names[0] === 'thought_signature');
}

/** Signatures are bytes, which some clients decode: an envelope of ours travels as base64 too. */
export function packEnvelope(sealed: string): string {
  return Buffer.from(sealed).toString('base64');
}

/** The envelope in a signature; the signature itself where it holds none. */
export function unpackSignature(signature: string): string {
  if (!signature.startsWith(PACKED_HEAD)) return signature;
  const sealed = Buffer.from(signature, 'base64').toString();
  return isSealed(sealed) ? sealed : signature;
}

/** `pointsman` in base64: nine bytes, which end at a border of it. */
const PACKED_HEAD = Buffer.from('pointsman').toString('base64');
