import { describe, expect, test } from 'vitest';
import { NO_EVIDENCE } from '../../predict/features/step-features.ts';
import { seededRandom } from '../../stats/seeded-random.ts';
import { fitStruggle } from './fit-struggle.ts';
import { train } from './train.ts';
import { EMPTY_TRAINING_SET, type SessionEnding } from './training-set.ts';

const random = seededRandom(5);
/** Thirty tasks of six sessions; `errorsOf` says what evidence one leaves. */
function sessions(
  failsOf: (task: number) => boolean,
  errorsOf: (failed: boolean, task: number) => number,
): readonly SessionEnding[] {
  return Array.from({ length: 180 }, (_, index): SessionEnding => {
    const task = index % 30;
    const failed = failsOf(task);
    return {
      group: `task-${task}`,
      failed,
      evidence: { ...NO_EVIDENCE, recentErrorCount: errorsOf(failed, task), callsInStepCount: 10 },
    };
  });
}
const noise = (): number => Math.floor(random() * 2);
const stuck = sessions(
  () => random() < 0.5,
  (failed) => noise() + (failed ? 3 : 0),
);
// A hard task fails mostly and is full of errors, whether or not this very session fails.
const hard = sessions(
  (task) => random() < (task < 15 ? 0.9 : 0.1),
  (_, task) => noise() + (task < 15 ? 3 : 0),
);
const gateOf = async (endings: readonly SessionEnding[]): Promise<boolean | undefined> => {
  const options = {
    name: 't',
    asOf: '2026-11-21',
    seed: 1,
    embedder: undefined,
    sessions: [],
    progress: () => undefined,
  };
  const { artifact } = await train({ ...EMPTY_TRAINING_SET, endings }, options);
  expect(artifact.gates['struggle']?.why).toContain('within a task');
  expect(artifact.struggle !== undefined).toBe(artifact.gates['struggle']?.open);
  return artifact.gates['struggle']?.open;
};

describe('struggle', () => {
  test('evidence that tells failing sessions of one task apart opens the gate', async () => {
    const fitted = fitStruggle(stuck);
    expect(fitted.auc).toBeGreaterThan(0.8);
    expect(fitted.withinTaskAuc).toBeGreaterThan(0.8);
    expect(await gateOf(stuck)).toBe(true);
  });

  test('evidence that only tells hard tasks from easy ones keeps it shut, however well it does', async () => {
    const fitted = fitStruggle(hard);
    expect(fitted.auc).toBeGreaterThan(0.7);
    expect(fitted.withinTaskAuc).toBeLessThan(0.6);
    expect(await gateOf(hard)).toBe(false);
  });

  test('without a task of both endings only the area over all is known', () => {
    const alone = stuck.map((ending, index) => ({ ...ending, group: `own-${index}` }));
    expect(fitStruggle(alone).withinTaskAuc).toBeNaN();
  });
});
