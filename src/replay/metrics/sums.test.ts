import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDearest } from '../report/dearest.ts';
import { addSums } from './sums.ts';

describe('addSums', () => {
  test('adds numbers, in objects and maps, and keeps the order in which names came', () => {
    const whole = { a: 1, deep: { b: 2 }, byName: new Map([['x', { n: 1 }]]) };
    const part = {
      a: 10,
      deep: { b: 20 },
      byName: new Map([
        ['y', { n: 5 }],
        ['x', { n: 7 }],
      ]),
    };
    addSums(whole, part);
    expect(whole).toEqual({
      a: 11,
      deep: { b: 22 },
      byName: new Map([
        ['x', { n: 8 }],
        ['y', { n: 5 }],
      ]),
    });
    expect([...whole.byName.keys()]).toEqual(['x', 'y']);
  });

  test('leaves the part as it was, also where it is added twice', () => {
    const part = { rows: new Map([['__proto__', { n: 2 }]]) };
    const whole = { rows: new Map<string, { n: number }>() };
    addSums(whole, part);
    addSums(whole, part);
    expect([whole.rows.get('__proto__'), part.rows.get('__proto__')]).toEqual([{ n: 4 }, { n: 2 }]);
  });
});

describe('createDearest', () => {
  test('what several have sifted, each its share, leaves what one would have kept of everything', () => {
    const item = fc.record({ costNanoUsd: fc.integer({ min: 0, max: 6 }), sifter: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), fc.nat(4), (items, limit) => {
        const alone = createDearest<(typeof items)[number]>(limit, () => undefined);
        for (const one of items) alone.offer(one.costNanoUsd, () => one);
        const passed = new Set<(typeof items)[number]>();
        const sifters = [0, 1, 2].map(() => createDearest<(typeof items)[number]>(limit, (one) => passed.add(one)));
        for (const one of items) sifters[one.sifter]?.offer(one.costNanoUsd, () => one);
        const whole = createDearest<(typeof items)[number]>(limit, () => undefined);
        for (const one of items.filter((each) => passed.has(each))) whole.offer(one.costNanoUsd, () => one);
        expect(whole.list()).toEqual(alone.list());
      }),
    );
  });
});
