import { parseExactJson } from '../../src/domain/json.ts';
import { LARGE_NUMBERS } from './talk.ts';

/**
 * Arguments as an SDK parsed them, as JSON text in which each large number has the digits that the wire had: JavaScript's own parsers
 * round them, which is the SDK's affair and not the gateway's.
 */
export function digitsKept(input: unknown, wire: string): string {
  return JSON.stringify(input, (_key, value: unknown) => {
    if (typeof value !== 'number') return value;
    const exact = LARGE_NUMBERS.find((digits) => Number(digits) === value && wire.includes(digits));
    return exact === undefined ? value : parseExactJson(exact);
  });
}

/** JSON text without what may differ between two writers: white space and escapes, but not digits. */
export function canonicalJson(json: string): string {
  return JSON.stringify(parseExactJson(json));
}
