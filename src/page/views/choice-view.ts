import { learnedLines } from '../../decisions/learned-lines.ts';
import { makeDecision } from '../../decisions/make-decision.ts';
import type { Decide } from '../../decisions/pool-dial.ts';
import type { CandidateRow, DecideInput, Decision, Rejection } from '../../domain/decision.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { At } from '../../domain/time.ts';
import type { StepOutcome, StepRecord } from '../../recorder/record.ts';
import { explainDecision } from '../../router/explain/explain.ts';
import { decisionView, type DecisionView } from './timeline-view.ts';

/** A decision with everything that spoke for it and against the others. */
export interface ChoiceView extends DecisionView {
  readonly at: At;
  readonly sessionId: string;
  readonly jobId: string | undefined;
  readonly stepId: string;
  readonly attempt: number;
  readonly stepKind: string;
  readonly title: string;
  readonly dial: number;
  /** The caller named a model, which was obeyed. */
  readonly named: string | undefined;
  readonly headline: string;
  readonly reasons: readonly string[];
  readonly candidates: readonly CandidateRow[];
  readonly rejected: readonly Rejection[];
  /** The pool, for "why not". */
  readonly models: readonly string[];
  readonly lookahead: Decision['lookahead'];
  readonly outcome: StepOutcome | undefined;
  /** The same step under policies that are only watched. */
  readonly shadows: readonly DecisionView[];
  /** As `pointsman explain` says it. */
  readonly text: string;
}

/** Rows of one list; a pool has fewer than a hundred models, in up to three modes each. */
const MOST_ROWS = 400;

export function choiceView(step: StepRecord, decide: Decide): ChoiceView {
  const { decision, input } = step;
  const learned = learnedLines(step, decide);
  const outlined = outline(decision, input);
  return {
    ...outlined,
    at: decision.at,
    sessionId: step.sessionId,
    jobId: step.jobId,
    stepId: step.stepId,
    attempt: step.attempt,
    stepKind: step.kind,
    title: step.title,
    named: input.override,
    models: input.models.map(({ id }) => id).sort(),
    outcome: step.outcome,
    shadows: step.shadows.map(decisionView),
    reasons: [...outlined.reasons, ...learned],
    text: explainDecision(decision, input, { all: true, learned }),
  };
}

type Outline = DecisionView &
  Pick<ChoiceView, 'dial' | 'headline' | 'reasons' | 'candidates' | 'rejected' | 'lookahead'>;

function outline(decision: Decision, input: DecideInput): Outline {
  const hints = decision.kind === 'refuse' ? decision.hints : [];
  const [headline = ''] = explainDecision(decision, input).split('\n', 1);
  return {
    ...decisionView(decision),
    dial: input.policy.dial,
    headline,
    reasons: [...decision.reasons.map(({ text }) => text), ...hints],
    candidates: decision.candidates.slice(0, MOST_ROWS),
    rejected: decision.rejected.slice(0, MOST_ROWS),
    lookahead: decision.lookahead,
  };
}

/** What another policy decides on exactly what was known then. */
export interface ReplayedChoice extends Outline {
  /** It goes to another model, or in another mode. */
  readonly isOther: boolean;
  /** The caller's own choice of a model, which is left out here: it would be obeyed under every policy. */
  readonly withoutNamed: string | undefined;
}

export function replayedChoice(step: StepRecord, policy: RouterPolicy, decide: Decide): ReplayedChoice {
  const asked: DecideInput = { ...step.input, policy, override: undefined };
  const { input, decision } = makeDecision(asked, { decide, shadows: [] });
  const [before, after] = [decisionView(step.decision), decisionView(decision)];
  return {
    ...outline(decision, input),
    isOther: before.to !== after.to || before.mode !== after.mode,
    withoutNamed: step.input.override,
  };
}
