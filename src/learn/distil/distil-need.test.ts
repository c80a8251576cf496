import { expect, test } from 'vitest';
import { likeliestOf, NEED_SIZES, type NeedLabel, type SaidNeed } from '../../domain/need.ts';
import { STEP_KINDS } from '../../domain/step.ts';
import { toNeedLabel } from '../../predict/asking/need-label.ts';
import { createLocalNeedReader } from '../../predict/need/local-reader.ts';
import { checkNeedArtifact, writeNeedArtifact } from '../../predict/need/need-artifact.ts';
import type { NeedReader } from '../../predict/need/need-reader.ts';
import { shippedNeed } from '../../predict/need/shipped-need.ts';
import { distilNeed } from './distil-need.ts';
import { targetsOf } from './need-targets.ts';
import { ownLabels } from './own-labels.ts';

/** Words of a house that nobody else has, and what a careful reader who knows the house says of them. */
const SAYS: readonly (readonly [string, SaidNeed])[] = [
  ['groom', { kind: 'plan', size: 'one', difficulty: 4, stakes: 2 }],
  ['zap', { kind: 'code', size: 'few', difficulty: 1, stakes: 1 }],
  ['bless', { kind: 'review', size: 'one', difficulty: 5, stakes: 3 }],
];
const THINGS = ['ticket', 'board', 'lane', 'epic', 'branch', 'widget', 'invoice', 'parcel'];
const OPTIONS = { name: 'own', asOf: '2026-11-29' };

const wordsOf = (index: number): readonly [string, SaidNeed] => {
  const [verb, said] = SAYS[index % SAYS.length] ?? ['', { kind: 'other', size: 'one', difficulty: 1, stakes: 1 }];
  return [`${verb} the ${THINGS[Math.floor(index / 3) % THINGS.length] ?? ''} ${index}`, said];
};

async function labelled(reader: NeedReader, count: number, saidAt = wordsOf): Promise<readonly NeedLabel[]> {
  const labels: NeedLabel[] = [];
  for (let index = 0; index < count; index += 1) {
    const [text, said] = saidAt(index);
    const step = { text, before: [] };
    labels.push(
      toNeedLabel(step, said, { need: await reader.read({ ...step, origin: 'person' }), reader: reader.version }),
    );
  }
  return labels;
}

async function rightOf(reader: NeedReader, from: number): Promise<number> {
  let right = 0;
  for (let index = from; index < from + 60; index += 1) {
    const [text, said] = wordsOf(index);
    const need = await reader.read({ text, before: [], origin: 'person' });
    right += likeliestOf(need, 'kind').value === said.kind ? 1 : 0;
    right += likeliestOf(need, 'difficulty').value === said.difficulty ? 1 : 0;
  }
  return right / 120;
}

test('a reader that was taught what a model said of a house’s steps reads others of that house better', async () => {
  const base = createLocalNeedReader(shippedNeed());
  const { artifact, why } = distilNeed(await labelled(base, 120), shippedNeed(), OPTIONS);
  expect(why).toContain('of 120 labelled steps out of fold');
  if (artifact === undefined) throw new Error(why);
  const taught = createLocalNeedReader(checkNeedArtifact(JSON.parse(writeNeedArtifact(artifact)), 'own'));
  const [before, after] = [await rightOf(base, 1000), await rightOf(taught, 1000)];
  expect(before).toBeLessThan(0.5);
  expect(after).toBeGreaterThan(0.8);
  // What the house says nothing of is read as before.
  const step = { text: 'rename tmp to total in sum.ts', before: [], origin: 'person' as const };
  const [plain, own] = [await base.read(step), await taught.read(step)];
  for (const [at, ratio] of plain.kind.ratios.entries())
    expect(Math.abs(ratio - (own.kind.ratios[at] ?? 9))).toBeLessThan(0.15);
});

test('what was learned is not learned once more, and what somebody declared was misread by nobody', async () => {
  const labels = await labelled(createLocalNeedReader(shippedNeed()), 120);
  const declared = labels.map((label) => ({ ...label, local: { ...label.local, kind: [0, 0, 0, 0, 0, 0, 1] } }));
  const { artifact } = distilNeed(declared, shippedNeed(), OPTIONS);
  expect(artifact).toEqual(distilNeed(labels, shippedNeed(), OPTIONS).artifact);
  if (artifact === undefined) throw new Error('nothing was learned');
  const own = checkNeedArtifact(JSON.parse(writeNeedArtifact(artifact)), 'own');
  const again = distilNeed(labels, own, OPTIONS);
  expect(again.lossBefore).toBeLessThan(0.6 * distilNeed(labels, shippedNeed(), OPTIONS).lossBefore);
});

test('where nothing was misread nothing is learned, and the reader stays as it is', async () => {
  const honest = await labelled(createLocalNeedReader(shippedNeed()), 60);
  const result = distilNeed(
    honest.map((label) => ({ ...label, by: 'local-encoder' as const, local: agreed(label.said) })),
    shippedNeed(),
    OPTIONS,
  );
  expect([result.artifact === undefined, result.rowCount]).toEqual([true, 60]);
});

test('a handful of labels is too few to judge, and those of other features are left out', async () => {
  const base = createLocalNeedReader(shippedNeed());
  const few = await labelled(base, 10);
  const { artifact, rowCount } = distilNeed(few, shippedNeed(), OPTIONS);
  expect([artifact === undefined, rowCount]).toEqual([true, 10]);
  const older = (await labelled(base, 50)).map((label) => ({ ...label, features: 'older' }));
  expect(distilNeed(older, shippedNeed(), OPTIONS).rowCount).toBe(0);
});

test('the latest word on a step counts, and other calls teach nothing', async () => {
  const [first] = await labelled(createLocalNeedReader(shippedNeed()), 1);
  if (first === undefined) throw new Error('no label');
  const second = { ...first, said: { ...first.said, difficulty: 5 as const } };
  const call = (reading: NeedLabel | undefined, purpose?: 'reader' | 'keep-alive'): never =>
    ({ call: { reading, purpose }, workspace: undefined }) as never;
  expect(
    await ownLabels([call(first, 'reader'), call(undefined, 'reader'), call(first), call(second, 'reader')]),
  ).toEqual([second]);
});

/** A reading that is as sure of what was said as labels are taken to be. */
function agreed({ kind, size, difficulty, stakes }: SaidNeed): NeedLabel['local'] {
  const labels = [STEP_KINDS.indexOf(kind), NEED_SIZES.indexOf(size), difficulty - 1, stakes - 1];
  const ratios = Array.from(targetsOf(labels));
  return {
    kind: ratios.slice(0, 7),
    size: ratios.slice(7, 11),
    difficulty: ratios.slice(11, 16),
    stakes: ratios.slice(16, 19),
  };
}
