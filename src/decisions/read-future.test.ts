import { describe, expect, test } from 'vitest';
import { declaredPart, type StepNeed } from '../domain/need.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import { NO_EVIDENCE, type StepFeatures } from '../predict/features/step-features.ts';
import { createRuleForecaster } from '../predict/forecast/rule-forecaster.ts';
import { expectStretch } from '../predict/forecast/stretches.ts';
import { shippedStretches } from '../predict/shipped-stretches.ts';
import { aQuality, aStepSize } from '../testing/decision-builders.ts';
import { aModel } from '../testing/model-builders.ts';
import { readFuture } from './read-step.ts';

const model = aModel();
const size = aStepSize({ callCount: 3, pieceRatio: 0.5 });
const thread = {
  models: [model],
  transcriptTokens: 20_000,
  turns: { turnCount: 4, callCount: 40, callsInTurn: 1 },
};

/** A need whose kind was read to be this one, as surely. */
function needOf(kind: StepKind, ratio: number): StepNeed {
  const others = (1 - ratio) / (STEP_KINDS.length - 1);
  return {
    v: 1,
    kind: { ratios: STEP_KINDS.map((one) => (one === kind ? ratio : others)), source: 'local-head' },
    size: declaredPart('size', 'few'),
    difficulty: declaredPart('difficulty', 2),
    stakes: declaredPart('stakes', 1),
    origin: 'person',
    grounds: ['words'],
  };
}

function futureOf(kind: StepKind, kindConfidenceRatio: number, need?: StepNeed): ReturnType<typeof readFuture> {
  const features: StepFeatures = {
    v: 1,
    text: 'go',
    kind,
    kindConfidenceRatio,
    ...(need === undefined ? {} : { need }),
    trigger: 'user',
    evidence: NO_EVIDENCE,
    structure: {
      position: 4,
      plannedStepCount: undefined,
      artifactTokens: 0,
      requiredToolCount: 0,
      requiresWrite: false,
      transcriptTokens: 20_000,
    },
  };
  return readFuture(createRuleForecaster(), features, { size, quality: [aQuality(model.id)] }, thread);
}

const laterCalls = expectStretch(shippedStretches(), thread.turns, thread.transcriptTokens).laterCallCount;
const callsIn = ({ future }: ReturnType<typeof readFuture>): number =>
  future.forecast.reduce((sum, { probabilityRatio, size: of }) => sum + probabilityRatio * of.callCount, 0);
const stepsIn = ({ future }: ReturnType<typeof readFuture>): number => future.forecast.length;

describe('what follows a step of a session without a plan', () => {
  test('is what is left of the session where nobody could tell what the step is for, read or not', () => {
    const unread = futureOf('other', 0.2);
    const read = futureOf('other', 0.4, needOf('other', 0.4));
    expect([stepsIn(unread), stepsIn(read)]).toEqual([1, 1]);
    // Unread, the turn goes on beyond the step; read, the step is the turn.
    expect(callsIn(read)).toBeCloseTo(laterCalls, 6);
    expect(callsIn(unread)).toBeGreaterThan(laterCalls + 1);
    expect(read.future.forecast.map(({ kind }) => kind)).toEqual(['other']);
    expect(read.future.scenarios).toBeUndefined();
  });

  test('leaves a step that was read as big as its words say', () => {
    expect(futureOf('other', 0.4, needOf('other', 0.4)).size).toEqual(size);
    expect(futureOf('other', 0.2).size).not.toEqual(size);
  });

  test.each<[StepKind, number]>([
    ['code', 0.3],
    ['code', 0.9],
    ['other', 0.9],
  ])('is what usually follows %s, read at %d, or more of it, and as much as comes after its turn', (kind, ratio) => {
    const read = futureOf(kind, ratio, needOf(kind, ratio));
    expect(stepsIn(read)).toBeGreaterThan(1);
    expect(read.future.scenarios?.map(({ forecast }) => forecast.map((later) => later.kind))).toEqual([[kind]]);
    expect(callsIn(read)).toBeCloseTo(laterCalls, 6);
    expect(callsIn(futureOf(kind, ratio)) + size.callCount).toBeGreaterThanOrEqual(laterCalls);
  });
});
