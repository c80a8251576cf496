import { describe, expect, test } from 'vitest';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { STEP_KINDS } from '../../domain/step.ts';
import { abilityKey } from '../../predict/artifact.ts';
import { hashedVector } from '../../predict/embedding/hashed-embedder.ts';
import { shippedArtifact } from '../../predict/shipped-artifact.ts';
import { openTextEffects } from '../../predict/text-effects.ts';
import { aQuality } from '../../testing/decision-builders.ts';
import { modelId } from '../../testing/model-builders.ts';
import { fitAbilities, OWN_SOURCE } from './fit-abilities.ts';
import { fitTextEffect } from './fit-text-effect.ts';
import { judgeOwn } from './judge-own.ts';
import { modelCard } from './model-card.ts';
import { ontoBase } from './onto-base.ts';
import type { OutcomeRow } from './outcome-row.ts';

const base = shippedArtifact();
const [known = ''] = Object.keys(base.abilities.code ?? {});
const model = shippedModels().find((one) => abilityKey(one.id) === known) ?? shippedModels()[0];
const name = abilityKey(model?.id ?? '');
const rows = (score: number, count: number): readonly OutcomeRow[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${OWN_SOURCE}/d${index}`,
    source: OWN_SOURCE,
    split: undefined,
    taskType: 'code',
    domain: undefined,
    prompt: undefined,
    outcomes: { [name]: { score, costUsd: undefined } },
  }));
const learned = (own: readonly OutcomeRow[]): Parameters<typeof ontoBase>[0] => ({
  ...base,
  name: 'own',
  sources: [{ name: 'records', licence: 'own', rowCount: own.length }],
  abilities: fitAbilities(own),
  heads: {},
  gates: {},
  forecast: undefined,
  figures: { 'abilities.auc': 0.9 },
});

describe('what is learned, on top of another artifact', () => {
  test('moves the models that own steps speak of, the more the more there are, and leaves the others', () => {
    const before = base.abilities.code?.[name]?.mean ?? 0;
    const meanAfter = (count: number): number =>
      ontoBase(learned(rows(0, count)), base).abilities.code?.[name]?.mean ?? 0;
    expect(meanAfter(5)).toBeLessThan(before);
    expect(meanAfter(50)).toBeLessThan(meanAfter(5));
    const merged = ontoBase(learned(rows(0, 50)), base);
    for (const [other, ability] of Object.entries(base.abilities.code ?? {})) {
      if (other !== name) expect(merged.abilities.code?.[other]).toEqual(ability);
    }
  });

  test('keeps the heads, the forecast and the sources that the new data say nothing about', () => {
    const merged = ontoBase(learned(rows(1, 5)), base);
    expect(merged.heads).toEqual(base.heads);
    expect(merged.forecast).toEqual(base.forecast);
    expect(merged.sources).toHaveLength(base.sources.length + 1);
    expect(merged.figures).toMatchObject({
      'abilities.auc': 0.9,
      'kind.hashed-1024-1.auc': expect.any(Number) as number,
    });
  });
});

describe('both artifacts on the same own steps', () => {
  test('steps that mostly fail are better predicted by what was learned, on steps it was not learned from', async () => {
    const judged = await judgeOwn(rows(0, 60), base, shippedModels());
    expect(judged?.stepCount).toBe(60);
    expect(judged?.learned.brier).toBeLessThan((judged?.inUse.brier ?? 0) - 0.1);
    expect(judged?.learned.ece).toBeLessThan(judged?.inUse.ece ?? 0);
    const card = modelCard({ artifact: base, heads: {}, intervals: {}, choice: undefined }, base, judged);
    expect(card).toContain('On your own steps');
    expect(card).toContain('mostly luck');
  });

  test('models that the catalogue does not know, and rows of others, are left out', async () => {
    const foreign = rows(1, 3).map((row) => ({ ...row, source: 'bench' }));
    const unknown = rows(1, 3).map((row) => ({
      ...row,
      outcomes: { 'no-such-model': { score: 1, costUsd: undefined } },
    }));
    expect(await judgeOwn([...foreign, ...unknown], base, shippedModels())).toBeUndefined();
  });
});

test('a gate that newer rows shut is shut, though what an older one has learned of the words is still there', () => {
  const taught = Array.from({ length: 80 }, (_, index) => ({
    ...rows(index % 2, 1)[0],
    id: `mine/${index}`,
    source: 'mine',
    prompt: index % 2 === 0 ? `style the button ${index}` : `query the table ${index}`,
    outcomes: { one: { score: index % 2, costUsd: undefined }, two: { score: 1 - (index % 2), costUsd: undefined } },
  })) as readonly OutcomeRow[];
  const effect = fitTextEffect(
    taught,
    taught.map(({ prompt }) => hashedVector(prompt ?? '')),
  );
  const older = { ...base, texts: { mine: effect }, gates: { mine: { open: true, why: 'gains' } } };
  const newer = ontoBase({ ...learned([]), gates: { mine: { open: false, why: 'no gain' } } }, older);
  const estimates = [aQuality(modelId('one'), 0.5), aQuality(modelId('two'), 0.5)];
  const kinds = STEP_KINDS.map((kind) => (kind === 'code' ? 1 : 0));
  const text = 'query the table of orders';
  expect(openTextEffects(older)(estimates, text, kinds)).not.toEqual(estimates);
  expect(openTextEffects({ ...newer, sha256: '' })(estimates, text, kinds)).toEqual(estimates);
});
