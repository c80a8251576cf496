import type { BudgetView, DecideInput, HostView, PauseOutlook, SessionView, StepView } from '../domain/decision.ts';
import type { StepSize } from '../domain/forecast.ts';
import type { DecisionId, ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { HandoffDrift, QualityEstimate } from '../domain/quality.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { At } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';

/** What a door knows of the session; the rest is as in `NEW_SESSION`. */
export type SessionFacts = Pick<SessionView, 'sessionId'> & Partial<SessionView>;

/** What a door knows of the step; the rest is as in `FOREIGN_STEP`. Its size is part of what was read. */
export type StepFacts = Pick<StepView, 'stepId' | 'kind' | 'trigger'> & Partial<Omit<StepView, 'size' | 'need'>>;

/** What was read from a step: what it needs, how big it is, who is likely to succeed at it, and what a hand-over loses. */
export interface StepReading extends Pick<StepView, 'need'> {
  readonly size: StepSize;
  readonly quality: readonly QualityEstimate[];
  /** Absent: no loss is known. */
  readonly drift?: readonly HandoffDrift[];
}

/** What may come after the step. */
export type StepFuture = Pick<DecideInput, 'forecast' | 'scenarios'>;

/** A step as a door hands it in. What `decide()` wants besides is filled in by `toDecideInput`, there and nowhere else. */
export interface StepToDecide {
  readonly decisionId: DecisionId;
  readonly now: At;
  readonly policy: RouterPolicy;
  readonly session: SessionFacts;
  readonly step: StepFacts;
  readonly reading: StepReading;
  readonly future: StepFuture;
  readonly models: readonly Model[];
  readonly warmth: readonly Warmth[];
  /** Absent: nothing was seen of any host. */
  readonly hosts?: readonly HostView[];
  /** Absent: no limit. */
  readonly budget?: BudgetView;
  /** The user named a model. Absent or `undefined`: nobody did. */
  readonly override?: ModelId | undefined;
  /** The caller asks for the one-hour write class where the decision says so. Absent: it does not. */
  readonly mayWriteLong?: true;
  /** What it knows of pauses, where it may do something about them. Absent: it may not. */
  readonly pause?: PauseOutlook | undefined;
}
