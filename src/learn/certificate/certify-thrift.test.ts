import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../stats/seeded-random.ts';
import { certifyThrift, type JudgedRow } from './certify-thrift.ts';

const PROMISE = { worseByRatio: 0.1, confidenceRatio: 0.95 };

/** Rows whose success falls with the notch as told; costs fall by a tenth a notch. */
function aStream(
  count: number,
  successAt: (notch: number) => number,
  { seed = 1, kind = 'code' }: { readonly seed?: number; readonly kind?: JudgedRow['kind'] } = {},
): readonly JudgedRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const luck = random();
    const score = (chance: number): number => (luck < chance ? 1 : 0);
    return {
      id: `${kind}/${index}`,
      kind,
      reference: { score: score(0.9), costUsd: 2 },
      notches: Array.from({ length: 11 }, (_row, notch) => ({
        score: score(successAt(notch)),
        costUsd: 2 - notch / 10,
      })),
    };
  });
}

const notchOf = (rows: readonly JudgedRow[]): number | undefined => certifyThrift(rows, PROMISE)[0]?.notch;

test('the dial goes as far as success holds, and not a notch further', () => {
  expect(notchOf(aStream(600, (notch) => (notch <= 4 ? 0.9 : 0.6)))).toBe(4);
});

test('choices that never differ are proved by as many rows as it says, and by one fewer not', () => {
  const always = { score: 1, costUsd: undefined };
  const rows = (count: number): readonly JudgedRow[] =>
    Array.from({ length: count }, (_, index) => ({
      id: String(index),
      kind: 'test',
      reference: always,
      notches: Array.from({ length: 11 }, () => always),
    }));
  const [first] = certifyThrift(rows(10), PROMISE);
  expect(first).toMatchObject({ notch: undefined, rowCount: 10 });
  const least = first?.leastRowCount ?? 0;
  expect(least).toBeGreaterThan(10);
  expect(notchOf(rows(least))).toBe(10);
  expect(notchOf(rows(least - 1))).toBeUndefined();
});

test('a reference that never succeeds promises nothing', () => {
  const rows = aStream(300, () => 0).map((row) => ({ ...row, reference: { score: 0, costUsd: 1 } }));
  expect(certifyThrift(rows, PROMISE)[0]).toMatchObject({ notch: undefined, leastRowCount: Number.POSITIVE_INFINITY });
});

test('each kind has a promise of its own, and all of them one more', () => {
  const rows = [...aStream(400, () => 0.9), ...aStream(400, () => 0.5, { kind: 'plan' })];
  expect(certifyThrift(rows, PROMISE).map(({ kind, notch }) => [kind, notch])).toEqual([
    ['code', 10],
    ['plan', undefined],
    ['all', undefined],
  ]);
});

test('bills are of rows with both costs, and unknown where those are few', () => {
  const rows = aStream(100, () => 0.9).map((row, index) =>
    index < 60 ? row : { ...row, reference: { score: 1, costUsd: undefined } },
  );
  expect(certifyThrift(rows, PROMISE)[0]?.notches[10]).toMatchObject({ costUsd: 1, referenceCostUsd: 2 });
  const few = rows.map((row, index) => (index < 40 ? row : { ...row, reference: { score: 1, costUsd: undefined } }));
  expect(certifyThrift(few, PROMISE)[0]?.notches[10]?.costUsd).toBeUndefined();
});

test('the order in which rows stand in the file changes nothing', () => {
  const rows = aStream(200, (notch) => 0.9 - notch / 50);
  fc.assert(
    fc.property(fc.shuffledSubarray([...rows], { minLength: 200 }), (shuffled) => {
      expect(certifyThrift(shuffled, PROMISE)).toEqual(certifyThrift(rows, PROMISE));
    }),
    { numRuns: 10 },
  );
});

test('where success is just what may not be promised, no more than one in twenty promises it', () => {
  let wrong = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seededRandom(seed);
    // Worse by a tenth and a hair at every notch, independently of the reference.
    const rows = aStream(150, () => 0.9, { seed }).map((row) => {
      const score = random() < 0.809 ? 1 : 0;
      return { ...row, notches: row.notches.map((notch) => ({ ...notch, score })) };
    });
    if (notchOf(rows) !== undefined) wrong += 1;
  }
  expect(wrong / 200).toBeLessThanOrEqual(0.05);
});
