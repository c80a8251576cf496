import { isFields, type Fields } from '../../wires/shared/fields.ts';

/**
 * A transcript's fingerprints: `prints[i]` stands for everything up to message i. Made from roles, lengths and both ends
 * of each text, so that the cost grows with the number of messages and not with their size. Cache markers and the two
 * spellings of plain text (string, or a list of one part) make no difference.
 */
export type TranscriptFingerprints = readonly number[];

const END_CHARS = 24;

/** Two halves of one message's own fingerprint. */
interface FingerprintHalves {
  readonly lowBits: number;
  readonly highBits: number;
}

/** Messages are never changed, and come again as the very objects they were (`body-reader.ts`). */
const known = new WeakMap<object, FingerprintHalves>();

/** Fingerprints the messages (or input items) of a request. */
export function fingerprintTranscript(messages: readonly unknown[]): TranscriptFingerprints {
  const fingerprints: number[] = [];
  const chain = new Mixer();
  for (const message of messages) {
    const { lowBits, highBits } = printOf(message);
    chain.mix(lowBits);
    chain.mix(highBits);
    fingerprints.push((chain.highBits & 0x1fffff) * 0x1_0000_0000 + (chain.lowBits >>> 0));
  }
  return fingerprints;
}

function printOf(message: unknown): FingerprintHalves {
  const isObject = typeof message === 'object' && message !== null;
  let print = isObject ? known.get(message) : undefined;
  if (print === undefined) {
    const mixer = new Mixer();
    mixValue(message, (value) => mixer.mix(value), 0);
    print = { lowBits: mixer.lowBits, highBits: mixer.highBits };
    if (isObject) known.set(message, print);
  }
  return print;
}

class Mixer {
  lowBits = 0x9e3779b9;
  highBits = 0x41c6ce57;

  mix(value: number): void {
    this.lowBits = Math.imul(this.lowBits ^ value, 0x85ebca6b);
    this.lowBits ^= this.lowBits >>> 13;
    this.highBits = Math.imul(this.highBits ^ value, 0xc2b2ae35);
    this.highBits ^= this.highBits >>> 16;
  }
}

type Mix = (value: number) => void;

const MAX_DEPTH = 8;

function mixValue(value: unknown, mix: Mix, depth: number): void {
  if (typeof value === 'string') mixText(value, mix);
  else if (Array.isArray(value)) {
    const only = value.length === 1 ? plainText(value[0]) : undefined;
    if (only === undefined) for (const inner of value) mixValue(inner, mix, depth);
    else mixText(only, mix);
  } else if (isFields(value)) mixFields(value, mix, depth);
  else if (typeof value === 'number') mix(value | 0);
  else if (typeof value === 'boolean') mix(value ? 3 : 5);
}

function mixFields(fields: Fields, mix: Mix, depth: number): void {
  if (depth > MAX_DEPTH) return;
  for (const key of Object.keys(fields)) {
    if (key === 'cache_control') continue;
    mix(key.length * 31 + key.charCodeAt(0));
    mixValue(fields[key], mix, depth + 1);
  }
}

function plainText(part: unknown): string | undefined {
  if (!isFields(part) || part['type'] !== 'text' || typeof part['text'] !== 'string') return undefined;
  for (const key of Object.keys(part))
    if (key !== 'type' && key !== 'text' && key !== 'cache_control') return undefined;
  return part['text'];
}

function mixText(text: string, mix: Mix): void {
  const { length } = text;
  mix(length);
  const head = Math.min(END_CHARS, length);
  for (let index = 0; index < head; index++) mix(text.charCodeAt(index));
  for (let index = Math.max(head, length - END_CHARS); index < length; index++) mix(text.charCodeAt(index));
}
