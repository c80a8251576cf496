import { expect, test } from 'vitest';
import { requireModel } from '../../catalog/create-catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { DecideInput } from '../../domain/decision.ts';
import {
  aDecideInput,
  aForecastStep,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aWarmth,
} from '../../testing/decision-builders.ts';
import { decide } from '../decide.ts';
import { explainDecision } from './explain.ts';

const opus = requireModel(loadCatalog(), 'claude-opus-5-5');

function explained(transcriptTokens: number, laterCalls: number, extra: Partial<DecideInput> = {}): string {
  const input = aDecideInput({
    models: [opus],
    quality: [aQuality(opus)],
    warmth: [aWarmth(opus, transcriptTokens)],
    session: aSession({ incumbent: opus.id, transcriptTokens }),
    step: aStep({ kind: 'summarize', modes: ['continue'] }),
    forecast: [aForecastStep('code', { probabilityRatio: 1, size: aStepSize({ callCount: laterCalls }) })],
    ...extra,
  });
  return explainDecision(decide(input), input);
}

test('a long transcript with many calls to come is advised to be compacted, with what it would save', () => {
  expect(explained(150_000, 60)).toMatch(
    /Compacting its transcript of 150k tokens first would bill about \$\d+\.\d+ less over the 6\d calls/u,
  );
});

test('a short one, one that ends soon, and a step that may start afresh are not', () => {
  expect(explained(30_000, 60)).not.toContain('ompact');
  expect(explained(150_000, 0)).not.toContain('ompact');
  expect(explained(150_000, 60, { step: aStep({ kind: 'summarize', modes: ['continue', 'handoff'] }) })).not.toContain(
    'ompact',
  );
});

test('one that hardly fits is, whatever it saves', () => {
  expect(explained(0.95 * (opus.contextTokens / opus.tokenRatio), 0)).toContain('hardly fits');
});
