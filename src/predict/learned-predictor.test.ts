import { describe, expect, test } from 'vitest';
import { asId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { StepKind } from '../domain/step.ts';
import { parseArtifact, writeArtifact, type ForecastTables } from './artifact.ts';
import { createStepFeatures } from './features/create-step-features.ts';
import { createLearnedForecaster } from './forecast/learned-forecaster.ts';
import { createLearnedPredictor } from './learned-predictor.ts';
import { createPriorPredictor } from './prior-predictor.ts';
import { shippedArtifact } from './shipped-artifact.ts';

const model = (id: string, abilityIndex: number | undefined): Model =>
  ({ id: asId(id), abilityIndex }) as unknown as Model;
const asked = (text: string): ReturnType<typeof createStepFeatures> =>
  createStepFeatures({
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    tools: [],
    transcriptTokens: 0,
  });
const codeStep = { ...asked('Fix it'), kind: 'code', kindConfidenceRatio: 1 } as const;
const pool = [model('minimax-m3', 29.2), model('claude-fable-5', 49.6), model('never-heard-of', undefined)];

describe('learned predictor', () => {
  const predictor = createLearnedPredictor(shippedArtifact());

  test('outcomes narrow what the catalogue says; an unknown model keeps the wide prior', async () => {
    const learned = (await predictor.quality(codeStep, pool)).estimates;
    const prior = (await createPriorPredictor().quality(codeStep, pool)).estimates;
    expect(learned.map((estimate) => estimate.basis)).toEqual(['learned', 'learned', 'prior']);
    expect(learned[0]?.widthRatio).toBeLessThan(prior[0]?.widthRatio ?? 0);
    expect(learned[1]?.successRatio).toBeGreaterThan(learned[0]?.successRatio ?? 1);
    expect(learned[2]).toEqual(prior[2]);
  });

  test('says in its version which features spoke', async () => {
    expect(predictor.version).toBe(`${shippedArtifact().name}+hashed-1024-1`);
    const reported: unknown[] = [];
    const broken = createLearnedPredictor(shippedArtifact(), {
      openEmbedder: () => Promise.reject(new Error('no native code here')),
      onEncoderMissing: (cause) => reported.push(cause),
    });
    const features = { ...asked('hmm, the other thing'), kindConfidenceRatio: 0.3 };
    for (let index = 0; index < 3; index += 1) expect((await broken.quality(features, pool)).kind).toBe('scored');
    expect(reported.length).toBe(1);
    expect(broken.version).toContain('hashed');
  });

  test('an encoder that dies on the way is a value, not a throw', async () => {
    const version = Object.keys(shippedArtifact().heads).find((name) => name.startsWith('use-lite')) ?? '';
    const dying = createLearnedPredictor(shippedArtifact(), {
      openEmbedder: () =>
        Promise.resolve({
          version,
          dimensionCount: 512,
          embed: () => Promise.reject(new Error('gone')),
          close: () => Promise.resolve(),
        }),
    });
    const answer = await dying.quality({ ...asked('something odd'), kindConfidenceRatio: 0.3 }, pool);
    expect(answer).toMatchObject({ kind: 'unavailable', cause: 'gone' });
    expect(answer.estimates.length).toBe(3);
  });

  test('the catalogue may hold any text: empty, binary and endless steps are answered', async () => {
    for (const text of ['', '\u0000\uD800', 'x'.repeat(1_000_000)]) {
      const { estimates } = await predictor.quality(asked(text), pool);
      expect(estimates.every((estimate) => estimate.successRatio > 0 && estimate.successRatio < 1)).toBe(true);
    }
  });
});

describe('learned forecaster', () => {
  test('forecasts what follows with falling probability, and stops where sessions end', () => {
    const tables = shippedArtifact().forecast;
    if (tables === undefined) throw new Error('The shipped artifact has no forecast');
    const steps = createLearnedForecaster(tables).remaining(codeStep, pool);
    expect(steps.length).toBeGreaterThan(1);
    const ratios = steps.map((step) => step.probabilityRatio);
    expect([...ratios].sort((a, b) => b - a)).toEqual(ratios);
    const ending = createLearnedForecaster({ ...tables, endRatio: { code: 1 } });
    expect(ending.remaining(codeStep, pool)).toEqual([]);
  });

  test('the pause before a step is the one that usually follows the step before it', () => {
    const only = (kind: StepKind): Readonly<Partial<Record<StepKind, number>>> => ({ [kind]: 1 });
    const round = { ...shippedArtifact().forecast, transitions: { code: only('test'), test: only('code') } };
    const steps = createLearnedForecaster({
      ...(round as ForecastTables),
      endRatio: { code: 0, test: 0 },
      gapMs: { code: 1000, test: 9000 },
    }).remaining(codeStep, pool);
    expect(steps.map((step) => [step.kind, step.gapMs])).toEqual([
      ['test', 1000],
      ['code', 9000],
      ['test', 1000],
      ['code', 9000],
      ['test', 1000],
    ]);
  });
});

describe('artifact file', () => {
  const { sha256, ...rest } = shippedArtifact();
  const text = writeArtifact(rest);

  test('reads back as written, with the same checksum', () => {
    expect(parseArtifact(text)).toEqual({ ...rest, sha256 });
  });

  test.each([
    ['changed', text.replace('"seed":1', '"seed":2'), /checksum/u, /again/u],
    ['cut', text.slice(0, 500), /not JSON/u, /again/u],
    ['of an older form', text.replace('"v":1', '"v":0'), /older form 0/u, /pointsman train/u],
    ['of a newer form', text.replace('"v":1', '"v":7'), /newer form 7/u, /Update/u],
    ['something else', '{"hello":"world"}', /not a predictor/u, /pointsman train/u],
    ['half empty', '{"format":"pointsman-predictor","v":1}', /abilities/u, /again/u],
  ])('%s: refused with what to do', (_, broken, message, hint) => {
    expect(() => parseArtifact(broken)).toThrow(
      expect.objectContaining({
        code: 'artifact-invalid',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }),
    );
  });
});
