import type { ForecastTables } from '../../src/predict/artifact.ts';
import type { StepFeatures } from '../../src/predict/features/step-features.ts';
import { likeliestKinds } from '../../src/predict/forecast/likeliest-kinds.ts';
import { createRuleForecaster } from '../../src/predict/forecast/rule-forecaster.ts';
import { KIND_SIZES } from '../../src/predict/step-sizes.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';

const HORIZON = 4;

/** What was foreseen of a session, counted. */
export interface GuessScore {
  /** Looks one to four steps ahead. */
  readonly lookCount: number;
  readonly chainHitCount: number;
  readonly ruleHitCount: number;
  /** "The same kind again." */
  readonly sameHitCount: number;
  readonly stepCount: number;
  /** Sum over steps of how far the foreseen number of calls was off. */
  readonly callError: number;
  /** The same by the size of a whole piece of work. */
  readonly wholeWorkError: number;
  readonly calls: number;
  readonly foreseenCalls: number;
}

/** Holds a session against what others teach of kinds and sizes. */
export function compareGuesses(session: SessionTrace, tables: ForecastTables): GuessScore {
  const score = {
    lookCount: 0,
    chainHitCount: 0,
    ruleHitCount: 0,
    sameHitCount: 0,
    stepCount: 0,
    callError: 0,
    wholeWorkError: 0,
    calls: 0,
    foreseenCalls: 0,
  };
  const rule = createRuleForecaster(undefined, HORIZON);
  for (const { steps } of session.threads) {
    for (const [index, step] of steps.entries()) {
      const chain = likeliestKinds(step.kind, tables.transitions, HORIZON);
      const usual = rule.remaining({ kind: step.kind } as StepFeatures, []).map((later) => later.kind);
      for (const [ahead, later] of steps.slice(index + 1, index + 1 + HORIZON).entries()) {
        score.lookCount += 1;
        if (later.kind === chain[ahead]) score.chainHitCount += 1;
        if (later.kind === usual[ahead]) score.ruleHitCount += 1;
        if (later.kind === step.kind) score.sameHitCount += 1;
      }
      const foreseen = tables.callCount[step.kind] ?? KIND_SIZES[step.kind].callCount;
      score.stepCount += 1;
      score.calls += step.callCount;
      score.foreseenCalls += foreseen;
      score.callError += Math.abs(foreseen - step.callCount);
      score.wholeWorkError += Math.abs(KIND_SIZES[step.kind].callCount - step.callCount);
    }
  }
  return score;
}
