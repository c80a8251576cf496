import type { ErrorCode } from '../../domain/errors.ts';
import type { DecisionId, JobId, ModelId, SessionId, StepId } from '../../domain/ids.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { StepKind, StepMode } from '../../domain/step.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import type { JobPauseKind, PlaceOfWork } from '../../recorder/record.ts';

export type JobStatus = 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

export const ADVICE_ROLES = ['adviser', 'critic', 'second-opinion'] as const;
export type AdviceRole = (typeof ADVICE_ROLES)[number];

/** A question that a step put to another model. */
export interface Advice {
  readonly stepId: StepId;
  readonly attempt: number;
  readonly role: AdviceRole;
  /** Its first line. */
  readonly question: string;
  readonly decisionId: DecisionId;
  readonly model: ModelId;
}

/** One attempt of one step, as a row for people. */
export interface StepReport {
  readonly stepId: StepId;
  readonly attempt: number;
  readonly kind: StepKind;
  readonly title: string;
  readonly decisionId: DecisionId;
  readonly decision: 'stay' | 'switch' | 'escalate' | 'refuse';
  readonly model: ModelId | undefined;
  readonly mode: StepMode | undefined;
  /** True: no step of the job came before, so that a brief handed nothing on. */
  readonly isFirst?: true;
  /** Why this model, in a phrase. */
  readonly why: string;
  readonly status: 'running' | 'accepted' | 'rejected' | 'failed' | 'cancelled';
  readonly checks: readonly { readonly verifierId: string; readonly passed: boolean; readonly summary: string }[];
  readonly callCount: number;
  /** Sum over the calls whose provider reported usage. */
  readonly usage: Usage;
  /** Sum of the known bills. */
  readonly billNanoUsd: NanoUsd;
  readonly durationMs: Ms;
  /** What it asked other models; their bills are not part of its own. Absent: nothing. */
  readonly asked?: readonly (Advice & { readonly billNanoUsd: NanoUsd })[];
}

/** What the same calls would have come to under a simple rule: same tokens, other prices, a simulated cache. */
export interface Counterfactual {
  readonly name: 'always-frontier' | 'never-switch';
  readonly model: ModelId;
  readonly billNanoUsd: NanoUsd;
  /** A check rejected work of this model in this very job: staying on it would not have been enough. */
  readonly wasRejectedHere: boolean;
  /** Never measured: the other model would have written other words. */
  readonly label: 'modelled';
}

interface JobBill {
  readonly spentNanoUsd: NanoUsd;
  /** Calls that were cut, whose provider reported no usage, or that were in flight when the process died: their bill is not known. */
  readonly unknownBillCallCount: number;
  /** What those may have billed beyond `spentNanoUsd`. */
  readonly mayHaveBilledNanoUsd: NanoUsd;
  /** Of `spentNanoUsd`, what asking a small model what steps need has billed. Absent: none was asked. */
  readonly reader?: { readonly callCount: number; readonly billNanoUsd: NanoUsd };
  /** Of `spentNanoUsd`, what questions of steps to other models have billed. Absent: none was put. */
  readonly advice?: { readonly callCount: number; readonly billNanoUsd: NanoUsd };
  readonly counterfactuals: readonly Counterfactual[];
}

/** Everything a surface shows of a job, at any moment of its life. Plain JSON. */
export interface JobReport {
  readonly jobId: JobId;
  readonly sessionId: SessionId;
  readonly status: JobStatus;
  readonly task: string;
  readonly workspace: string;
  /** Where it works; absent until it has begun to. */
  readonly place?: PlaceOfWork;
  readonly policyId: string;
  readonly dial: number;
  /** What the last step says was done; absent until there is one. */
  readonly summary: string | undefined;
  /** What could not be checked and why, and other things to know of the job as a whole. */
  readonly notes: readonly string[];
  /** Files of the workspace that hold something else than before the job, by what it did. */
  readonly changedFiles: readonly string[];
  readonly pause:
    | {
        readonly kind: JobPauseKind;
        readonly code: ErrorCode;
        readonly question: string;
        /** Of a question that a person can answer: the permission, or the limit, that it is about. An answer that names it is one to this question alone. */
        readonly subject?: string;
      }
    | undefined;
  readonly failure:
    | { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined }
    | undefined;
  readonly steps: readonly StepReport[];
  readonly bill: JobBill;
  readonly startedAt: At;
  readonly endedAt: At | undefined;
  /** True when the words of the models were scripted. */
  readonly scripted: boolean;
  /** Folder of the store that holds the record; `undefined` for a store in memory. */
  readonly storeDir: string | undefined;
}
