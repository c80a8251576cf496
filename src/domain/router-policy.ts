import type { ModelId, PolicyId } from './ids.ts';
import type { NanoUsd } from './money.ts';
import type { HandsChoice, StepKind, StepMode } from './step.ts';
import type { Ms, Ratio } from './time.ts';

/** What an endpoint must provably be. Every demand is a hard limit; unknown fails it. */
export interface ComplianceDemand {
  readonly inferenceRegions?: readonly string[];
  readonly storageRegions?: readonly string[];
  /** Countries of vendors, as the catalogue writes them: `US`, `FR`; `local` for one's own machine. */
  readonly headquarters?: readonly string[];
  readonly noTraining?: boolean;
  readonly zeroDataRetention?: boolean;
  readonly maxRetentionDays?: number;
  readonly baa?: boolean;
  readonly soc2?: boolean;
  readonly iso27001?: boolean;
  readonly gdprDpa?: boolean;
}

/** `watch`: the risk is recorded and nothing else. `lane`: it limits the models. */
export interface RiskRule {
  readonly mode: 'watch' | 'lane';
  /** The lane. Absent: the incumbent, models at least as able, and the frontier. */
  readonly models?: readonly ModelId[];
}

/** A small model is asked once per step what the step needs; what it says is billed, and kept for the local reader to learn from. */
export interface ReaderRule {
  /** Absent: the cheapest that may be asked. */
  readonly model?: ModelId;
  /** A question that is expected to bill more is not put; what it may bill at worst is held by the budgets. */
  readonly maxStepNanoUsd: NanoUsd;
  /** A decision that has waited this long goes on with what was read here. */
  readonly maxWaitMs: Ms;
}

/** A policy file after compilation: everything resolved, nothing left to interpret while deciding. Plain JSON. */
export interface RouterPolicy {
  readonly id: PolicyId;
  readonly version: number;
  readonly mode: 'enforce' | 'shadow';
  /** 0 = most capable, 10 = cheapest. */
  readonly dial: number;
  /** What γ is multiplied by at each notch 0…10, never rising; measured on the pool. Absent: the shipped scale. */
  readonly dialFactors?: readonly number[];
  /** φ: share added to the expected bill of a frontier model. */
  readonly frontierPenaltyRatio: Ratio;
  /** γ before the dial: what a failed piece of work of each kind costs; see `StepSize.pieceRatio` for parts of one. */
  readonly failureNanoUsd: Readonly<Record<StepKind, NanoUsd>>;
  /** What γ is multiplied by at stakes 1, 2 and 3. Absent: the shipped factors. */
  readonly stakesFactors?: readonly [number, number, number];
  /** τ: what a second of waiting costs. */
  readonly waitingNanoUsdPerSecond: NanoUsd;
  /** A switch of family must gain at least this. */
  readonly familyMarginNanoUsd: NanoUsd;
  /**
   * The session never bills more than this share above never switching, whatever is forecast. `undefined`: no such bound.
   * A pause that outlasts the cache of a model left behind may add one rewrite of the transcript, unless `strictOverhead`.
   */
  readonly maxOverheadRatio: Ratio | undefined;
  /** True: that rewrite is set aside before every switch, so that the bound holds for any pauses. Dear: few switches pass. */
  readonly strictOverhead?: boolean;
  readonly reviewerOtherFamily: boolean;
  /** What is done where a person's words carry a risk. Absent: words are not read for it. */
  readonly risk?: RiskRule;
  /**
   * Share of a principal's decisions that its words may move to a dearer model than the same step without them, whatever
   * they say; a burst of eight passes. Absent: no such bound.
   */
  readonly maxUpgradeRatio?: Ratio;
  /** Absent: steps are read on this machine alone. */
  readonly reader?: ReaderRule;
  /** `shut`: what a trained text gate says of the words is not heard. Absent: an open gate is. */
  readonly textGates?: 'shut';
  /** After an escalation no cheaper model is tried for this long. */
  readonly escalationCooldownMs: Ms;
  /** `undefined`: every model of the pool. */
  readonly allowModels: readonly ModelId[] | undefined;
  readonly denyModels: readonly ModelId[];
  /** Per kind, the only models that may take it. */
  readonly kindModels: Readonly<Partial<Record<StepKind, readonly ModelId[]>>>;
  /** Per kind, the only context modes; a kind that is absent allows what the step allows. */
  readonly kindModes: Readonly<Partial<Record<StepKind, readonly StepMode[]>>>;
  readonly compliance: ComplianceDemand;
  readonly budget: { readonly jobNanoUsd: NanoUsd | undefined; readonly stepNanoUsd: NanoUsd | undefined };
  readonly ladder: {
    readonly maxRungs: 1 | 2 | 3;
    /** Quantile of the verifier's posterior to plan with: 0.5 is the median, lower is more pessimistic. */
    readonly pessimismQuantile: Ratio;
  };
  readonly lookahead: { readonly maxSteps: number; readonly beamWidth: number };
  /** Whether prefixes that wait for a next call are kept warm by pings, as long as these are worth what they bill. */
  readonly keepAlive: boolean;
  /** What pings may cost a session beyond doing nothing, relative to that. Absent: 0.1. */
  readonly pingOverheadRatio?: Ratio;
  /** A remembered answer may be given to another wording of the same request. Absent: to the very same request only. */
  readonly semanticCache?: boolean;
  /** Who carries out the steps of jobs that do not say it themselves. Absent: it does not matter to the policy. */
  readonly hands?: HandsChoice;
  /** No step is tried by two families at once. Absent: where the time that it is expected to save is worth more than its bill. */
  readonly parallelAttempts?: 'off';
  /** What is being learned of it. Absent: nothing is. Never stands in an input of `decide()`. */
  readonly trial?: PolicyTrial;
  /** What was learned of it and holds. Absent: it is as its file has it. Decides nothing itself. */
  readonly learned?: LearnedMark;
}

/** That settings are learned, so that whoever asks why a step went elsewhere is told. */
export interface LearnedMark {
  /** A setting a line, as people read them. */
  readonly settings: readonly string[];
  /** ISO time. Absent: not known any more. */
  readonly since?: string | undefined;
  readonly allowedBy?: string | undefined;
  /** What the policy's file says in their place. */
  readonly instead: FiledRules;
}

/** What learning may set of a policy. What is absent stays as the policy's file has it. */
export interface LearnedSettings {
  readonly dial?: number;
  /** γ of a kind is multiplied by this. */
  readonly failureFactors?: Readonly<Partial<Record<StepKind, number>>>;
  readonly stakesFactors?: readonly [number, number, number];
  readonly frontierPenaltyRatio?: Ratio;
  readonly maxRungs?: 1 | 2 | 3;
  /** Models that are not admitted, beside those of the file. */
  readonly denyModels?: readonly ModelId[];
}

/** The part of a policy that learning may set, as its file has it. */
export type FiledRules = Pick<
  RouterPolicy,
  'dial' | 'dialFactors' | 'failureNanoUsd' | 'stakesFactors' | 'frontierPenaltyRatio' | 'ladder' | 'denyModels'
>;

/** The same as learning has it. */
export type LearnedRules = FiledRules & Pick<RouterPolicy, 'learned'>;

export interface PolicyTrial {
  /** The dial when it was loaded; where a caller has set another one, that stands. */
  readonly dial: number;
  /** A policy that may take the place of this one: only watched, or obeyed in a share of the sessions. */
  readonly candidate?: {
    readonly stage: 'shadow' | 'canary';
    /** What is other than in this one, resolved. */
    readonly rules: LearnedRules;
    readonly shareRatio: Ratio;
    /** Draws other sessions for another candidate. */
    readonly salt: string;
    readonly allowedBy: string;
  };
  /** May one of several candidates that are as good as each other be drawn. */
  readonly explore?: ExploreRule;
}

export interface ExploreRule {
  readonly allowedBy: string;
  /** Share of the steps with a tie in which one is drawn. */
  readonly shareRatio: Ratio;
  /** As good as the best: at most so much dearer, of its total and in money. */
  readonly tieRatio: Ratio;
  readonly maxNanoUsd: NanoUsd;
}

/** The same policy, kept from pings and writes for an hour where the user wants neither, whatever it says itself. */
export function withPings(policy: RouterPolicy, pings: boolean | undefined): RouterPolicy {
  return pings === false ? { ...policy, keepAlive: false } : policy;
}

/** The policy that a job began with, without what is not tried any more: a candidate that is gone, a leave that was withdrawn. */
export function stillTried(policy: RouterPolicy, now: Pick<RouterPolicy, 'trial'>): RouterPolicy {
  if (policy.trial === undefined) return policy;
  const { trial, ...rest } = policy;
  const candidate = trial.candidate?.salt === now.trial?.candidate?.salt ? trial.candidate : undefined;
  const explore = trial.explore && now.trial?.explore;
  if (candidate === undefined && explore === undefined) return rest;
  return { ...rest, trial: { dial: trial.dial, ...(candidate && { candidate }), ...(explore && { explore }) } };
}
