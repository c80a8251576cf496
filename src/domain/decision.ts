// One file: what goes into a decision and what comes out, which is one vocabulary.

import type { ForecastStep, PromptHead, StepRequirements, StepSize } from './forecast.ts';
import type { DecisionId, EndpointId, ModelId, PolicyId, SessionId, StepId } from './ids.ts';
import type { Model } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { StepNeed } from './need.ts';
import type { HandoffDrift, QualityEstimate, Verifier } from './quality.ts';
import type { RouterPolicy } from './router-policy.ts';
import type { CallTrigger, Effort, StepKind, StepMode } from './step.ts';
import type { At, Ms, Ratio, Tokens } from './time.ts';
import type { Warmth } from './warmth.ts';

/** The session as the router sees it. */
export interface SessionView {
  readonly sessionId: SessionId;
  /** The model that took the latest step on the shared transcript. */
  readonly incumbent: ModelId | undefined;
  /** The text of the shared transcript, in reference tokens. */
  readonly transcriptTokens: Tokens;
  /** What images, documents and sound in it weigh with each model, in the model's own tokens. Absent: there are none. */
  readonly mediaTokens?: Readonly<Partial<Record<ModelId, Tokens>>>;
  /** Head of the shared transcript, in reference tokens. Absent: unknown, and nothing is credited for it. */
  readonly head?: PromptHead;
  /** A tool call waits for its result: the model that asked must get it. */
  readonly openToolLoop: boolean;
  /** Vendor-bound state in the transcript that cannot be dropped (open signed thinking, server-side response ids). */
  readonly boundTo: EndpointId | undefined;
  readonly spentNanoUsd: NanoUsd;
  /** What the same session would have billed had it never switched; for `maxOverheadRatio`. */
  readonly neverSwitchNanoUsd: NanoUsd;
  /** The model that never switching would have stayed on. Absent: the incumbent. */
  readonly neverSwitchModel?: ModelId;
  readonly switchCount: number;
  /** True: no step came before this one. Absent: some did, or it is not known. */
  readonly isFirst?: true;
  readonly lastEscalationAt: At | undefined;
  /** Families that wrote what a review step would judge. */
  readonly authorFamilies: readonly string[];
  readonly risk: 'none' | 'personal-data' | 'secrets' | 'jailbreak';
  /** By what the risk was told, as a sentence without a word of the text. Absent: there is none. */
  readonly riskWhy?: string;
  /** True: this principal's words have moved so many steps to dearer models that they are not heard in this one. */
  readonly wordsHeld?: true;
}

/** The step to route. */
export interface StepView {
  readonly stepId: StepId;
  readonly kind: StepKind;
  readonly trigger: CallTrigger;
  readonly modes: readonly StepMode[];
  readonly size: StepSize;
  /**
   * What it needs, as it was declared or read. Absent in records of before, and where nobody read it: its kind is then all that is
   * known, and its stakes are the lowest.
   */
  readonly need?: StepNeed;
  readonly callGapMs: Ms;
  readonly requirements: StepRequirements;
  readonly checks: readonly Verifier[];
  /** Rungs that this step has already tried and that were rejected, oldest first. */
  readonly tried: readonly TriedRung[];
  /** Head of a fresh context of this step. Absent: unknown, and a fresh context is priced wholly cold. */
  readonly freshHead?: PromptHead;
  /** Forecast steps with the same number start together with this one and find the cache as it does. */
  readonly parallelGroup?: number;
  /** How long it may take, every call of it. Absent: somebody waits for it, and no tier that makes calls wait is used. */
  readonly deadlineMs?: Ms;
  /** The effort that its caller asks for. Absent: none, and models work at their usual one. */
  readonly effort?: Effort;
  /**
   * When another effort would hold that is said in mid-conversation, where a vendor takes that: beside words `at-once`, beside results of
   * tools alone only `later`. Absent: whoever carries the step out cannot be asked for another effort.
   */
  readonly effortHolds?: 'at-once' | 'later';
}

export interface TriedRung {
  readonly model: ModelId;
  readonly mode: StepMode;
  /** At which effort. Absent: that of the step. */
  readonly effort?: Effort;
  readonly rejectedBy: string;
  /** The model that judged it, where a model did. */
  readonly judgedBy?: ModelId;
}

export interface BudgetView {
  /** Left for the job after what is reserved. `undefined`: no limit. */
  readonly jobLeftNanoUsd: NanoUsd | undefined;
  readonly stepLeftNanoUsd: NanoUsd | undefined;
  /** A ledger holds the job's limit call by call: what is left may be spent although no step fits into it whole. */
  readonly isHeldByCall?: true;
}

/** What was seen of late of a model at one host, and when that host's turn comes. */
export interface HostView {
  readonly model: ModelId;
  /** P(a call there fails or is turned away now), 0 where nothing of the kind was seen. */
  readonly failureRatio: Ratio;
  /** As measured, in place of the catalogue's. Absent: too little was seen. */
  readonly ttftMs?: Ms;
  readonly outputTokensPerSecond?: number;
  /** Among hosts that come to the same the lowest goes first: drawn for each session, by weight. */
  readonly turn: number;
  /** It takes a share of the sessions alone, and this is one of them or none. Absent: it takes any. */
  readonly canary?: 'drawn' | 'spared';
}

/** Everything that a decision depends on. Plain JSON: storing it and deciding again gives the same bytes. */
export interface DecideInput {
  readonly v: 1;
  readonly decisionId: DecisionId;
  readonly now: At;
  readonly session: SessionView;
  readonly step: StepView;
  /** Steps that may still come, in order. */
  readonly forecast: readonly ForecastStep[];
  /**
   * Other ways in which the session may go on, for forecasts that are uncertain: the future is the weighted mean over
   * them and `forecast`, whose weight is what they leave of 1. Absent: `forecast` is certain.
   */
  readonly scenarios?: readonly { readonly weightRatio: Ratio; readonly forecast: readonly ForecastStep[] }[];
  /** The pool. Order never matters. */
  readonly models: readonly Model[];
  readonly warmth: readonly Warmth[];
  readonly quality: readonly QualityEstimate[];
  readonly drift: readonly HandoffDrift[];
  /** One row per host that something is known of. Absent: nothing is. */
  readonly hosts?: readonly HostView[];
  readonly policy: RouterPolicy;
  readonly budget: BudgetView;
  /** The user named a model: obeyed exactly, or refused. */
  readonly override: ModelId | undefined;
  /** The caller places the cache markers and asks for the one-hour write class where the decision says so. Absent: it does not. */
  readonly mayWriteLong?: true;
  /** The caller may ping the prompt or have it written for an hour while a person is away. Absent: it may not. */
  readonly pause?: PauseOutlook;
  /** What chance had a say in. Absent: nothing, and the choice was certain. */
  readonly chance?: Chance;
  /** The candidate of the policy that was on trial beside it, by its salt. Absent: none was. */
  readonly onTrial?: string;
}

/** A choice that was drawn, so that what comes of it tells of what would have come of others. */
export interface Chance {
  /** `tie`: among candidates that are as good as each other. `canary`: between a policy and the one that may take its place. */
  readonly by: 'tie' | 'canary';
  /** Who allowed it. */
  readonly allowedBy: string;
  /** What could be drawn, and how likely each was; the ratios sum to 1. */
  readonly among: readonly DrawnChoice[];
  /** Position in `among`. */
  readonly drawn: number;
}

export interface DrawnChoice extends Rung {
  /** How many tries its ladder has, itself counted. */
  readonly rungCount: number;
  readonly ratio: Ratio;
}

/** What is known of the pauses that a session's prompt may have to outlast. */
export interface PauseOutlook {
  /** When the next turn comes, as the warmth room's hazard says it: P(by then) at each of its bounds, and what of the prompt is then left. */
  readonly byEdge: readonly Ratio[];
  readonly keptRatio: Ratio;
  /** Calls until a pause that caches do not outlive, this one among them, and what each adds in reference tokens. */
  readonly callCount: number;
  readonly growthTokens: Tokens;
  /** What pings and hours have billed and saved in the session so far. */
  readonly pingedNanoUsd: NanoUsd;
  readonly savedNanoUsd: NanoUsd;
  /** Why no hour can be asked for: the call says itself how long its prompt is kept, or its format has no word for it. Absent: it can. */
  readonly noHour?: 'caller-says' | 'no-word';
}

/** What is done about the pauses to come. */
export interface PauseChoice {
  readonly kind: 'let-go' | 'ping' | 'hour';
  /** What each is expected to save beyond letting the prompt go; below zero: to cost. */
  readonly savedNanoUsd: { readonly ping: NanoUsd; readonly hour: NanoUsd };
}

/** Why a candidate may not take the step. `why` is a sentence for people. */
export interface Rejection {
  readonly model: ModelId;
  /** `undefined`: in every mode. */
  readonly mode: StepMode | undefined;
  readonly code: RejectionCode;
  readonly why: string;
}

export const REJECTION_CODES = [
  'not-allowed',
  'denied',
  'kind-not-allowed',
  'override-other',
  'context-too-small',
  'no-tools',
  'no-structured-output',
  'no-modality',
  'cannot-carry',
  'compliance',
  'over-budget',
  'bound-to-endpoint',
  'open-tool-loop',
  'same-family-as-author',
  'already-tried',
  'not-likelier',
  'too-slow',
  'cooldown',
  'risk-lane',
  'overhead-guard',
  'family-margin',
  'no-price',
  'other-host',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

/** One (model, mode) with every term of its expected cost, in nano-USD. `totalNanoUsd` is the sum of the terms. */
export interface CandidateRow {
  readonly model: ModelId;
  readonly mode: StepMode;
  /** It tries again with this effort. Absent: with that of the step. */
  readonly effort?: Effort;
  /** Expected tokens of the whole step, in the model's own count. */
  readonly tokens: {
    readonly uncached: Tokens;
    readonly cacheRead: Tokens;
    readonly cacheWrite: Tokens;
    readonly output: Tokens;
  };
  readonly billNanoUsd: NanoUsd;
  readonly frontierPenaltyNanoUsd: NanoUsd;
  /** (1 − p)·γ, ladder effects included. */
  readonly failureNanoUsd: NanoUsd;
  readonly latencyNanoUsd: NanoUsd;
  /** P(its host fails) · the bill of the call that is then made elsewhere, cold. Absent: 0. */
  readonly hostNanoUsd?: NanoUsd;
  /** Checks and the later rungs of the best ladder that starts here. */
  readonly ladderNanoUsd: NanoUsd;
  /** E[J of the remaining steps] under the ledger that this choice leaves behind; of a beaten candidate the least that it may be. */
  readonly futureNanoUsd: NanoUsd;
  readonly totalNanoUsd: NanoUsd;
  /** After drift. */
  readonly successRatio: Ratio;
  readonly driftRatio: Ratio;
  readonly warmTokens: Tokens;
  /** Its calls ask for the one-hour write class, because it is expected to be needed after the default one is gone. */
  readonly writeClass?: '1h';
  /**
   * The model that wins over it whatever its future brings, so that nobody looked: its future and its total are at least what they
   * say. Absent: it was looked at to the end.
   */
  readonly beatenBy?: ModelId;
  /** The best ladder that starts with this candidate, itself first. */
  readonly ladder: readonly Rung[];
}

export interface Rung {
  readonly model: ModelId;
  readonly mode: StepMode;
}

/** A phrase for people and a code for programs, with the amounts behind it. */
export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
  readonly amountNanoUsd?: NanoUsd;
}

export const REASON_CODES = [
  'cheapest-overall',
  'warm-prefix',
  'switch-pays',
  'switch-costs-more',
  'fresh-context',
  'needs-ability',
  'check-then-escalate',
  'check-failed',
  'effort-first',
  'future-steps',
  'override',
  'drawn',
  'only-eligible',
  'family-margin',
  'overhead-guard',
  'cooldown',
  'tool-loop',
  'reviewer-family',
  'first-step',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

export type EscalationTrigger = 'check-failed' | 'evidence' | 'risk';

interface DecisionBase {
  readonly v: 1;
  readonly decisionId: DecisionId;
  readonly at: At;
  readonly policyId: PolicyId;
  readonly policyVersion: number;
  /**
   * All eligible (model, mode) pairs, cheapest total first; of equals the likelier to succeed, then by model id and mode. Before them
   * all, after a rejection, the model that tries again with more effort on its warm prefix, where it bills less than the cheapest; or whoever chance drew.
   */
  readonly candidates: readonly CandidateRow[];
  readonly rejected: readonly Rejection[];
  readonly reasons: readonly Reason[];
  /** What is done about pauses once the chosen model writes the prompt anew. Absent: it reads most of it, or nothing is done here. */
  readonly pause?: PauseChoice;
  readonly lookahead: {
    readonly method: 'none' | 'exact' | 'beam';
    readonly stepCount: number;
    readonly stateCount: number;
    /** After a beam: by how much the chosen candidate's future may be less than was found, at most. */
    readonly gapNanoUsd?: NanoUsd;
  };
}

/** Which model takes the step, and what kind of move that is. `to` is the model; `mode` the transcript that it sees. */
export type RouteKind =
  | { readonly kind: 'stay'; readonly to: ModelId; readonly mode: StepMode; readonly ladder: readonly Rung[] }
  | {
      readonly kind: 'switch';
      readonly from: ModelId | undefined;
      readonly to: ModelId;
      readonly mode: StepMode;
      readonly ladder: readonly Rung[];
    }
  | {
      readonly kind: 'escalate';
      /** The model that was rejected: the same one where it tries again with more effort. */
      readonly from: ModelId;
      readonly to: ModelId;
      readonly mode: StepMode;
      readonly ladder: readonly Rung[];
      readonly trigger: EscalationTrigger;
    };

/** What `decide()` returns. */
export type Decision = DecisionBase &
  (
    | RouteKind
    | {
        readonly kind: 'refuse';
        readonly code: 'no-eligible-model' | 'budget-exhausted';
        /** What would have to change, as sentences. */
        readonly hints: readonly string[];
      }
  );

/** A decision that names a model. */
export type Route = Exclude<Decision, { kind: 'refuse' }>;
