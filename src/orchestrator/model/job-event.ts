import type { ErrorCode } from '../../domain/errors.ts';
import type { CallId, DecisionId, JobId, ModelId, StepId } from '../../domain/ids.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { StepKind, StepMode } from '../../domain/step.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import type { JobPauseKind } from '../../recorder/record.ts';

/** Who an event of a step is about. */
interface OfStep {
  readonly stepId: StepId;
  readonly attempt: number;
}

/**
 * What happens in a job, in order, for people and programs that watch. A job that is resumed starts with `job-start`
 * again; events of finished calls are not repeated. Watching never changes a job: a listener that throws is ignored.
 */
export type JobEvent = { readonly jobId: JobId; readonly at: At } & (
  | {
      readonly type: 'job-start';
      readonly task: string;
      readonly workspace: string;
      readonly resumed: boolean;
      readonly scripted: boolean;
    }
  | ({
      readonly type: 'step-start';
      readonly kind: StepKind;
      readonly title: string;
      /** From 1; `plannedCount` grows when the plan does and is 1 until there is one. */
      readonly position: number;
      readonly plannedCount: number;
    } & OfStep)
  | ({
      readonly type: 'decision';
      readonly decisionId: DecisionId;
      readonly decision: 'stay' | 'switch' | 'escalate' | 'refuse';
      readonly model: ModelId | undefined;
      readonly mode: StepMode | undefined;
      /** True: no step of the job came before, so that a brief hands nothing on. */
      readonly isFirst?: true;
      /** One phrase. */
      readonly why: string;
    } & OfStep)
  | ({ readonly type: 'call-start'; readonly callId: CallId; readonly model: ModelId } & OfStep)
  | ({
      readonly type: 'call-end';
      readonly callId: CallId;
      readonly model: ModelId;
      readonly usage: Usage | undefined;
      readonly billNanoUsd: NanoUsd | undefined;
      readonly durationMs: Ms;
      readonly errorCode: ErrorCode | undefined;
    } & OfStep)
  | ({ readonly type: 'text-delta'; readonly text: string } & OfStep)
  | ({
      readonly type: 'tool-call';
      readonly toolCallId: string;
      readonly toolName: string;
      readonly input: JsonObject;
    } & OfStep)
  /** What a tool says while it works, such as the newest lines of a command, which come once a second at most. */
  | ({
      readonly type: 'tool-output';
      readonly toolCallId: string;
      readonly toolName: string;
      readonly text: string;
    } & OfStep)
  | ({
      readonly type: 'tool-result';
      readonly toolCallId: string;
      readonly toolName: string;
      readonly isError: boolean;
      /** The first line, cut. */
      readonly summary: string;
    } & OfStep)
  | ({
      readonly type: 'check';
      readonly verifierId: string;
      readonly passed: boolean;
      readonly summary: string;
    } & OfStep)
  /** What a person should know, and what decides nothing by itself. */
  | { readonly type: 'note'; readonly text: string }
  | ({ readonly type: 'escalation'; readonly from: ModelId | undefined; readonly why: string } & OfStep)
  | {
      readonly type: 'pause';
      readonly kind: JobPauseKind;
      readonly code: ErrorCode;
      readonly question: string;
    }
  | ({
      readonly type: 'step-end';
      readonly status: 'accepted' | 'rejected' | 'failed' | 'cancelled';
      readonly summary: string;
    } & OfStep)
  | {
      readonly type: 'job-end';
      readonly status: 'done' | 'paused' | 'failed' | 'cancelled';
      readonly spentNanoUsd: NanoUsd;
    }
);

/** An event before it is stamped with its job and its time. */
export type JobEventBody = JobEvent extends infer Event
  ? Event extends JobEvent
    ? Omit<Event, 'jobId' | 'at'>
    : never
  : never;
