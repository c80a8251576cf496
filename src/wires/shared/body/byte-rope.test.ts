import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteRope } from './byte-rope.ts';

const KIB = 1024;
/** Short and long pieces, and more of them than are kept apart. */
const pieces = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(63 * KIB, 64 * KIB, 100 * KIB)), {
    minLength: 1,
    maxLength: 80,
    size: 'max',
  })
  .map((lengths) => lengths.map((length, index) => Buffer.alloc(length, index + 1)));

describe('bytes in pieces', () => {
  test('say the same in however many pieces they are sent', () => {
    fc.assert(
      fc.property(pieces, (list) => {
        const rope = new ByteRope(list);
        const whole = Buffer.concat(list);
        expect(Buffer.concat(rope.toPieces()).equals(whole)).toBe(true);
        expect(rope.toBuffer().equals(whole)).toBe(true);
        expect(rope.length).toBe(whole.length);
        const [from, to] = [whole.length >> 2, whole.length >> 1];
        expect(rope.ownCopy(from, to).equals(whole.subarray(from, to))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test('are sent without a copy of what is long, and with one of what is short', () => {
    const long = Buffer.alloc(64 * KIB);
    const [first, second, third] = new ByteRope([
      Buffer.from('a'),
      Buffer.from('b'),
      long,
      Buffer.from('c'),
    ]).toPieces();
    expect([first?.toString(), third?.toString()]).toEqual(['ab', 'c']);
    expect(second).toBe(long);
  });
});
