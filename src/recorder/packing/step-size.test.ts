import { expect, test } from 'vitest';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { toSixDecimals } from '../../domain/time.ts';
import { decide } from '../../router/decide.ts';
import { aDecideInput, aForecastStep, aQuality, aWarmth } from '../../testing/decision-builders.ts';
import { aStepRecord } from '../../testing/record-builders.ts';
import { createRedactor } from '../redact.ts';
import { unpackStep } from './pack-step.ts';
import { unpackBody } from './step-body.ts';
import { createStepPacker } from './step-packer.ts';
import { toRow } from './stored-row.ts';

const VENDORS: Readonly<Record<string, readonly string[] | undefined>> = {
  two: ['anthropic', 'openai'],
  all: undefined,
};

/** Kilobytes that a step may take once its pool, policy and forecast are there. */
test.each([
  { vendors: 'two', maxBytes: 3000 },
  { vendors: 'all', maxBytes: 5000 },
])('a step among the models of $vendors vendors takes at most $maxBytes bytes, late in a session too', (row) => {
  const ids = VENDORS[row.vendors];
  const models = shippedModels().filter(({ endpoint }) => ids?.includes(endpoint) ?? true);
  const ratio = (at: number, index: number): number =>
    toSixDecimals(0.3 + ((at * 7919 + index * 104_729) % 600_011) / 1e6);
  const forecast = ['code', 'test'].map((kind) => aForecastStep(kind as 'code' | 'test'));
  const packer = createStepPacker(createRedactor());
  const parts = new Map<string, string>();
  const sizes = Array.from({ length: 4 }, (_, at) => {
    const quality = models.map(({ id }, index) => ({
      ...aQuality(id, ratio(at, index)),
      widthRatio: ratio(index, at) / 9,
    }));
    const warmth = models.map(({ id }, index) => aWarmth(id, index % 7 === at ? 40_000 + 13 * index : 0));
    const input = aDecideInput({ decisionId: `d${at}` as never, models, quality, warmth, forecast });
    const record = aStepRecord({ input, decision: decide(input) });
    const stored = toRow({ kind: 'step', record }, createRedactor(), packer);
    if (stored.kind !== 'step') throw new Error('a step became another row');
    for (const part of stored.parts) parts.set(part.hash, part.body);
    const { body } = stored;
    expect(JSON.stringify(unpackStep(unpackBody(body), (hash) => parts.get(hash)))).toBe(JSON.stringify(record));
    return body.length;
  });
  expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(row.maxBytes);
});
