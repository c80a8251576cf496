import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openChangesBed, type ChangesBed } from '../../testing/internal/changes/changes-bed.ts';
import {
  act,
  acts,
  buildHostile,
  hasActed,
  hostileFiles,
  KINDS,
} from '../../testing/internal/changes/hostile-states.ts';

// Git is started a hundred times.
vi.setConfig({ testTimeout: 120_000 });

const beds: ChangesBed[] = [];
afterEach(() => {
  for (const bed of beds.splice(0)) bed.remove();
});

describe.each(Object.keys(KINDS))('%s', (kind) => {
  test('who tries after a rejected attempt finds what that one found', async () => {
    const calls = fc.array(fc.array(acts, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(hostileFiles, fc.array(calls, { minLength: 1, maxLength: 3 }), async (files, attempts) => {
        const bed = openChangesBed();
        beds.push(bed);
        buildHostile(bed, kind, files);
        const tried = attempts.map((attempt) =>
          attempt.map((ops) => (folder: string) => ops.forEach((one) => act(folder, one, 'job'))),
        );
        for (const { before, changed, after } of await bed.reject(tried)) {
          if (JSON.stringify(changed) !== JSON.stringify(before)) seen += 1;
          expect(after).toEqual(before);
        }
        expect(hasActed(bed)).toBe(false);
      }),
      { numRuns: 3 },
    );
    expect(seen).toBeGreaterThan(0);
  });
});
