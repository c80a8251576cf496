import type { DecideInput, Decision } from '../../domain/decision.ts';
import { rowOf } from '../../domain/model.ts';
import { formatUsd, roundNanoUsd } from '../../domain/money.ts';
import type { Tokens } from '../../domain/time.ts';
import { chooseCompaction } from '../../warmth/compaction.ts';
import { dialledFailureNanoUsd } from '../dial.ts';
import { driftRatio } from '../drift.ts';

/** Head of a prompt where nobody told it: median of 557 recorded coding sessions. */
const HEAD_TOKENS: Tokens = 15_000;
/** What clients put beside it after a compaction, summary included: median of 142, of which the summary is assumed. */
const SUMMARY_TOKENS: Tokens = 4000;
const REREAD_TOKENS: Tokens = 16_000;

/**
 * What a person may do about a long transcript that only its client can shorten: whether compacting it before this step would bill less,
 * over the calls that are expected. Nothing where it would not, or where the step may start afresh, which has been priced. Pure.
 */
export function compactionAdvice(decision: Decision, input: DecideInput): readonly string[] {
  const { session, step, now } = input;
  if (decision.kind === 'refuse' || step.modes.some((mode) => mode !== 'continue')) return [];
  const model = rowOf(input.models, decision.to);
  if (model === undefined) return [];
  const warmTokens = decision.candidates.find((row) => row.model === model.id)?.warmTokens ?? 0;
  const lossNanoUsd = roundNanoUsd(
    driftRatio([], model.family, model.family, 'handoff') * dialledFailureNanoUsd(input.policy, step.kind),
  );
  const callCount = callsToCome(input);
  const choice = chooseCompaction({ model, warmTokens }, [{ model, warmTokens, lossNanoUsd }], {
    promptTokens: session.transcriptTokens,
    keptTokens: session.head?.tokens ?? HEAD_TOKENS,
    summaryTokens: SUMMARY_TOKENS,
    rereadTokens: REREAD_TOKENS,
    callCount,
    at: now,
  });
  if (choice.kind === 'keep') return [];
  const length = `${Math.round(session.transcriptTokens / 1000)}k tokens`;
  if (choice.why === 'window')
    return [`Its transcript of ${length} hardly fits ${model.id}: compact it before the next step.`];
  return [
    `Compacting its transcript of ${length} first would bill about ${formatUsd(choice.savedNanoUsd)} less over the ${Math.round(callCount)} calls that are expected (modelled).`,
  ];
}

/** Of the step at hand and of what may follow, as the forecast has it. */
function callsToCome({ step, forecast, scenarios = [] }: DecideInput): number {
  const callsOf = (steps: DecideInput['forecast']): number =>
    steps.reduce((sum, { probabilityRatio, size }) => sum + probabilityRatio * size.callCount, 0);
  const others = scenarios.reduce((sum, { weightRatio }) => sum + weightRatio, 0);
  const later = scenarios.reduce(
    (sum, scenario) => sum + scenario.weightRatio * callsOf(scenario.forecast),
    Math.max(0, 1 - others) * callsOf(forecast),
  );
  return Math.max(1, step.size.callCount) + later;
}
