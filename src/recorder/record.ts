import type { FinishReason } from '../domain/call.ts';
import type { DecideInput, Decision } from '../domain/decision.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { CallId, DecisionId, EndpointId, JobId, ModelId, SessionId, StepId } from '../domain/ids.ts';
import type { JsonValue } from '../domain/json.ts';
import type { Wire } from '../domain/model.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { NeedLabel } from '../domain/need.ts';
import type { StepKind, StepMode } from '../domain/step.ts';
import type { At, Ms, Ratio } from '../domain/time.ts';
import type { Usage } from '../domain/usage.ts';

export interface JobRecord {
  readonly v: 1;
  readonly jobId: JobId;
  readonly sessionId: SessionId;
  readonly task: string;
  readonly workspace: string;
  readonly policyId: string;
  readonly dial: number;
  readonly status: 'running' | 'paused' | 'done' | 'failed' | 'cancelled';
  /** Why it is paused or failed, with what would let it go on. */
  readonly pause: { readonly code: ErrorCode; readonly question: string; readonly kind?: JobPauseKind } | undefined;
  readonly failure: { readonly code: ErrorCode; readonly message: string } | undefined;
  readonly startedAt: At;
  readonly endedAt: At | undefined;
  readonly spentNanoUsd: NanoUsd;
  readonly result: JsonValue | undefined;
  /** True when model words were scripted. */
  readonly scripted: boolean;
  /** Absent: it has not begun to work, or was kept before this was. */
  readonly place?: PlaceOfWork;
}

/** Where a job works: in a copy of its user's folder, or in that folder itself, and why there. */
export type PlaceOfWork = { readonly kind: 'copy' } | { readonly kind: 'folder'; readonly why: string };

/** One routed step or one attempt of it: every input of the decision, the decision, and what came of it. */
export interface StepRecord {
  readonly v: 2;
  readonly jobId: JobId | undefined;
  readonly sessionId: SessionId;
  readonly stepId: StepId;
  /** Whose it is, as a gateway tells its callers apart. Absent: of a job, or of a record of before. */
  readonly tenant?: string;
  /** 0 for the first try, then one more per escalation. */
  readonly attempt: number;
  readonly kind: StepKind;
  readonly title: string;
  readonly input: DecideInput;
  readonly decision: Decision;
  /**
   * Which tools its fresh context offers: those that the model holds warm, or fewer and another prefix, with what each
   * would bill. Absent: on the shared transcript, whose tools never change.
   */
  readonly toolList?: {
    readonly choice: 'same-tools' | 'fewer-tools';
    readonly sameNanoUsd: NanoUsd;
    readonly fewerNanoUsd: NanoUsd;
    readonly why: string;
  };
  /** The same step under policies that are only watched. */
  readonly shadows: readonly Decision[];
  readonly predictorVersion: string;
  readonly startedAt: At;
  readonly endedAt: At | undefined;
  readonly outcome: StepOutcome | undefined;
}

export interface StepOutcome {
  readonly status: 'accepted' | 'rejected' | 'failed' | 'cancelled';
  /** What each check said. */
  readonly checks: readonly { readonly verifierId: string; readonly passed: boolean; readonly summary: string }[];
  readonly summary: string;
  readonly errorCode: ErrorCode | undefined;
  /** Refused attempts of the same step whose change to the source was that of this one. Absent: none, or nobody compared. */
  readonly alike?: readonly { readonly attempt: number; readonly likeness: 'identical' | 'near' }[];
}

export interface CallRecord {
  readonly v: 1;
  readonly callId: CallId;
  readonly jobId: JobId | undefined;
  readonly sessionId: SessionId;
  readonly stepId: StepId;
  readonly attempt: number;
  readonly requestedModel: ModelId;
  readonly servedModel: string | undefined;
  /** The service tier that answered, as its vendor said it; the bill is at its prices. Absent: nothing was said. */
  readonly servedTier?: string | undefined;
  readonly endpoint: EndpointId;
  readonly mode: StepMode;
  readonly startedAt: At;
  readonly durationMs: Ms;
  readonly ttftMs: Ms | undefined;
  /** Its answer came, or was to come, piece by piece. Absent in records of before. */
  readonly isStream?: boolean;
  /** `undefined`: the provider reported none, and the bill is unknown. */
  readonly usage: Usage | undefined;
  readonly billNanoUsd: NanoUsd | undefined;
  /** What it may have billed beyond `billNanoUsd`: it was cut, or told no usage. Absent: the bill is whole, or nobody can say. */
  readonly mayHaveBilledNanoUsd?: NanoUsd;
  readonly predictedBillNanoUsd: NanoUsd | undefined;
  readonly predictedCacheReadTokens: number | undefined;
  readonly finishReason: FinishReason | undefined;
  readonly errorCode: ErrorCode | undefined;
  readonly requestId: string | undefined;
  readonly retryCount: number;
  /**
   * `keep-alive`: sent only to keep a prefix warm while a job waited or a session was idle. `response-cache`: no vendor was called, another
   * call's answer was given again. `reader`: a small model was asked what the step needs. `beside`:
   * no model call, such as embeddings or a file, passed on as it came. Absent: a call of the step.
   */
  readonly purpose?: 'keep-alive' | 'response-cache' | 'reader' | 'beside' | 'advice';
  /** What the reader answered, for the local reader to learn from. Absent: it is no such call, or it answered nothing of use. */
  readonly reading?: NeedLabel;
  /** What the gateway adds: absent in records of jobs. */
  readonly gateway?: GatewayCallRecord;
}

/** A foreign call as its caller made it, and what was done to it on the way. */
export interface GatewayCallRecord {
  /** The model name that the caller sent. */
  readonly askedFor: string;
  readonly wire: Wire;
  /** Name of the access key that it came with; absent where none is demanded. */
  readonly key?: string;
  /** The client that made it, by its user agent. */
  readonly harness?: string;
  /** What its caller knows the answer by. Absent in records of before. */
  readonly callerRequestId?: string;
  readonly decisionId: DecisionId;
  /** Where its caller's trace stands, as W3C Trace Context has it. Absent: the caller sent none. */
  readonly trace?: string;
  /** Of the step that the call is part of. Absent in records of before. */
  readonly kind?: StepKind;
  /** Fields that the translation dropped or reworded, by their key; empty where bytes passed as they were. */
  readonly losses: readonly string[];
  /** Thinking blocks that were taken out because the model did not mint them. */
  readonly strippedThinkingCount: number;
  /** Models that were to answer and failed, in order. */
  readonly fallbackFrom: readonly { readonly model: ModelId; readonly why: string }[];
  readonly weakerThanDecided: boolean;
  /** The call whose answer was given again to another wording, and how sure that is. Absent: the vendor answered. */
  readonly answeredFrom?: {
    readonly callId: CallId;
    readonly similarityRatio: Ratio;
    /** From how alike on wordings share an answer, and the measured upper bound of wrong hits there. */
    readonly minSimilarityRatio: Ratio;
    readonly falseHitRatio: Ratio;
    readonly encoderVersion: string;
  };
}

export interface OutcomeRecord {
  readonly v: 1;
  readonly decisionId: DecisionId;
  readonly at: At;
  readonly verdict: 'good_fit' | 'underpowered' | 'overprovisioned' | 'failed';
  /** The user's own reward, any scale they keep to. */
  readonly reward: number | undefined;
  /** Whether a check's verdict turned out right, when known later. */
  readonly truth: 'right' | 'wrong' | undefined;
  readonly note: string | undefined;
  readonly principal: string;
}

/** What a paused job waits for. `question`: of a tool server. `plan`: only the plan was asked for. `gone`: the process that ran the job ended without a word. `queued`: it waits for a worker. */
export type JobPauseKind = 'budget' | 'permission' | 'question' | 'failure' | 'plan' | 'gone' | 'queued';
