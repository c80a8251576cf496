import { expect, test } from 'vitest';
import { secretForms } from '../../src/trust/scrub.ts';
import { suite } from '../suites/trust.ts';
import { createDraw } from './draw.ts';
import { SHAPES } from './secrets.ts';

test('no effect without consent, no question for nothing, no planted secret anywhere, in generated cases', async () => {
  const printed: string[] = [];
  const result = await suite.run({
    dataDir: undefined,
    signal: new AbortController().signal,
    progress: () => undefined,
    print: (text) => void printed.push(text),
    quick: true,
  });
  const figures = result.kind === 'ran' ? result.figures : {};
  const values = Object.fromEntries(Object.entries(figures).map(([name, { value }]) => [name, value]));
  expect(values, printed.join('\n')).toEqual({
    'trust.effects_without_consent.count': 0,
    'trust.asked_for_nothing.count': 0,
    'trust.planted_secrets.found.count': 0,
  });
  expect(figures['trust.effects_without_consent.count']?.n).toBeGreaterThan(1000);
  expect(figures['trust.planted_secrets.found.count']?.n).toBeGreaterThanOrEqual(20 * 20);
});

test('half of the shapes are of no known form, and each is looked for in several', () => {
  expect(SHAPES.length).toBeGreaterThanOrEqual(20);
  for (const [, make] of SHAPES) expect(secretForms(make(createDraw(7))).length).toBeGreaterThanOrEqual(3);
});
