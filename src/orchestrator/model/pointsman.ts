import type { Autopsy } from '../../autopsy/examine.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Decision } from '../../domain/decision.ts';
import type { DecisionId, JobId, ModelId, SessionId } from '../../domain/ids.ts';
import type { Modality } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { Difficulty, NeedSize, Stakes, StepNeed } from '../../domain/need.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { StepKind, StepMode } from '../../domain/step.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import type { MemoryStore } from '../../memory/open-memory.ts';
import type { JobRecord, OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import type { JobEvent } from './job-event.ts';
import type { JobReport } from './job-report.ts';
import type { JobRequest } from './job-request.ts';

/** The whole house behind one object: what every surface (API, cli, mcp) calls. Made by `createPointsman`. */
export interface Pointsman {
  readonly catalog: Catalog;
  /** Compiled policies by id, shipped and the user's own. */
  readonly policies: readonly RouterPolicy[];
  readonly defaultPolicyId: string;
  /** What the user lets a job bill where it says nothing; the most that a model may ask for. `undefined`: no limit. */
  readonly defaultBudgetUsd?: number | undefined;

  /**
   * Starts a job and returns once it has an id and a place in the store.
   * @throws PointsmanError `request-invalid`, `not-found` (workspace, policy, model), `policy-invalid`, `agent-invalid`
   *   before anything was spent. Whatever happens later is told in the report, never thrown.
   */
  startJob(request: JobRequest, options?: RunOptions): Promise<JobHandle>;
  /**
   * Keeps a job for a worker to run, by `resumeJob`; one that is kept under this id already stays as it is.
   * @throws PointsmanError as `startJob`
   */
  keepJob(request: JobRequest, jobId?: JobId): Promise<JobId>;
  /** Puts an answer where the job will find it, without going on. @throws PointsmanError as `resumeJob` */
  answerJob(jobId: JobId, answer: ResumeAnswer): Promise<void>;
  /** `startJob`, then waits for its report. */
  runJob(request: JobRequest, options?: RunOptions): Promise<JobReport>;
  /**
   * Goes on with a job that paused, failed on the way or was killed. Finished steps and calls are not repeated.
   * @throws PointsmanError `not-found`; `request-invalid` when it is done or is running elsewhere, or is to be taken up again
   *   and has not given up.
   */
  resumeJob(jobId: JobId, options?: ResumeOptions): Promise<JobHandle>;
  /** Stops a job that this process runs, or marks a stopped one as cancelled. @throws PointsmanError `not-found` */
  cancelJob(jobId: JobId): Promise<JobReport>;
  /** @throws PointsmanError `not-found` */
  jobStatus(jobId: JobId): Promise<JobReport>;
  /** Newest first. */
  jobs(options?: { readonly limit?: number }): Promise<readonly JobRecord[]>;
  /** Every decision of a job with all its inputs, in order. @throws PointsmanError `not-found` */
  jobSteps(jobId: JobId): Promise<readonly StepRecord[]>;
  /**
   * The records of a job as JSON lines, each with its line end: a line that names the format, then the job, its steps, calls
   * and outcomes, redacted as they are stored. @throws PointsmanError `not-found`, `record-unreadable`
   */
  exportJob(jobId: JobId): AsyncIterable<string>;
  /**
   * What a job did to the files of its workspace, as one patch that `git apply` takes; empty where that is nothing. What its
   * commands did is in it where git could look. @throws PointsmanError `not-found`
   */
  jobDiff(jobId: JobId): Promise<string>;
  /**
   * Takes that back, or does it again after it was taken back; files that are so already stay. Gives the names of the files.
   * @throws PointsmanError `not-found`; `request-invalid` while the job runs, or where somebody else has changed one of them
   */
  undoJob(jobId: JobId): Promise<readonly string[]>;
  applyJob(jobId: JobId): Promise<readonly string[]>;

  /** Which model a step should go to, and why. Nothing is run; the decision is recorded, so that it can be explained. */
  routeStep(request: RouteStepRequest): Promise<RouteAdvice>;
  /** @throws PointsmanError `not-found` */
  decision(decisionId: DecisionId): Promise<StepRecord>;
  /**
   * A recorded decision in words, with the candidate table in USD: its ten best, or `all` of them.
   * `whyNot` is `MODEL` or `MODEL/MODE`. @throws PointsmanError `not-found`, `request-invalid` with the nearest name
   */
  explainDecision(
    decisionId: DecisionId,
    options?: { readonly whyNot?: string; readonly all?: boolean },
  ): Promise<Explanation>;
  /**
   * What most likely made a job fail, from its records alone: nobody is asked, nothing is billed. Where a model is blamed, the decision is
   * made again without it. @throws PointsmanError `not-found`
   */
  autopsy(id: JobId | SessionId): Promise<JobAutopsy>;
  /** What is remembered of the project in a folder, and of the user. */
  memory(workspace: string): MemoryStore;
  /** What accepted steps of a job said they had decided: what a person may want remembered. @throws PointsmanError `not-found` */
  jobDecisions(jobId: JobId): Promise<readonly string[]>;
  /** Tells what came of a decision. @throws PointsmanError `not-found` */
  recordOutcome(outcome: OutcomeRequest): Promise<OutcomeRecord>;
  /** What was reported, newest first. */
  outcomes(options?: { readonly limit?: number }): Promise<readonly OutcomeRecord[]>;
  usageReport(options?: UsageReportOptions): Promise<UsageReport>;
  /**
   * Where the steps that such a job usually has would go, and what they should bill: nobody is asked, nothing is billed or kept.
   * @throws PointsmanError `request-invalid`, `not-found` (workspace, policy, model)
   */
  foreseeJob(request: JobRequest): Promise<JobForesight>;
  /** The plan a job would start with, and the routes of its steps, without running any step but `plan`: a model is asked, and billed. */
  planJob(request: JobRequest, options?: RunOptions): Promise<PlanPreview>;
  /** Stops what runs (jobs stay resumable), flushes the record, closes stores and tool servers. */
  close(): Promise<void>;
}

export interface RunOptions {
  /** Aborting saves the job and ends it as `paused`, ready to be resumed. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: JobEvent) => void;
  /** Whose work it is part of, as W3C Trace Context has it; heard where OpenTelemetry is on. */
  readonly traceparent?: string | undefined;
}

export interface ResumeOptions extends RunOptions {
  readonly answer?: ResumeAnswer;
  /**
   * Takes up a job that gave up: what was tried before keeps no model from trying again, and is where the next tries start. All
   * of it stays done, told and billed.
   */
  readonly again?: boolean;
}

/** A job that runs. `events` may be read once and ends with the job; `result` never rejects. */
export interface JobHandle {
  readonly jobId: JobId;
  readonly events: AsyncIterable<JobEvent>;
  readonly result: Promise<JobReport>;
}

/** The answer to the question of a paused job. */
export type ResumeAnswer =
  /**
   * To exactly what was shown: the next call that differs in its tool, arguments or script is asked for again.
   * `once`: this call; `job` (default): whenever this job wants the same; `always`: in this folder, for every job.
   */
  | {
      readonly kind: 'permission';
      readonly allow: boolean;
      readonly scope?: 'once' | 'job' | 'always';
      readonly subject?: AnsweredSubject;
    }
  /** To a tool server: in words, as `parseReply` takes them; absent: no. */
  | { readonly kind: 'reply'; readonly text: string | undefined; readonly subject?: AnsweredSubject }
  /** This and every later question about a tool: yes. */
  | { readonly kind: 'all-permissions' }
  | { readonly kind: 'budget'; readonly addUsd: number; readonly subject?: AnsweredSubject };

/** Of the question that was shown: where the job asks another one by now, this does not answer it. Absent: the newest. */
type AnsweredSubject = string | undefined;

export interface RouteStepRequest {
  /** What the step should do, in the caller's words. */
  readonly text: string;
  readonly kind?: StepKind;
  /** What the caller knows the step to need; its kind counts before `kind`, and the next three before what it says of them. */
  readonly need?: StepNeed;
  /** How many calls it takes, as the caller declares it. Absent, like the next two: read from the words. */
  readonly size?: NeedSize | undefined;
  readonly difficulty?: Difficulty | undefined;
  /** What a failure costs. */
  readonly stakes?: Stakes | undefined;
  /** The caller's session, so that warmth and spending add up over several questions. */
  readonly sessionId?: SessionId;
  /** The model that is in use now, by exact id. */
  readonly currentModel?: string;
  /** Size of the shared transcript so far. */
  readonly transcriptTokens?: Tokens;
  /** When the current model answered last; with it a warm prefix is assumed up to `transcriptTokens`. */
  readonly lastCallAt?: At;
  /** How long it may take, every call of it. Absent: somebody waits for it, and no tier that makes calls wait is considered. */
  readonly deadlineMs?: Ms;
  readonly modes?: readonly StepMode[];
  /** Tools that the step cannot do without, by name. A step that names none may go to a model that calls no tools. */
  readonly requiredTools?: readonly string[];
  /** What the step's input holds beside text: a model that does not read it is not eligible. */
  readonly inputModalities?: readonly Modality[];
  /** Names of the tools on offer in the session; a required one that is not among them is an error. Absent: unknown. */
  readonly tools?: readonly string[];
  /** Only these models, by exact id. Absent: those that can be called, or the whole catalogue where none can. */
  readonly models?: readonly string[];
  /** Kinds of the steps that will follow, in order. */
  readonly nextKinds?: readonly StepKind[];
  readonly policy?: string;
  readonly dial?: number;
}

export interface RouteAdvice {
  readonly decisionId: DecisionId;
  readonly decision: Decision;
  /** `undefined`: refused; `why` says what would have to change. */
  readonly model: ModelId | undefined;
  readonly mode: StepMode | undefined;
  readonly why: string;
  /** The next best candidates with what they would cost more, cheapest first, at most five. */
  readonly alternatives: readonly {
    readonly model: ModelId;
    readonly mode: StepMode;
    readonly totalNanoUsd: NanoUsd;
    readonly moreNanoUsd: NanoUsd;
  }[];
  /** What stands between the advice and a call from here. Absent: nothing. */
  readonly missing?: string;
}

export interface Explanation {
  readonly decisionId: DecisionId;
  readonly decision: Decision;
  /** For people: plain text, no colours, several lines. */
  readonly text: string;
}

export type JobAutopsy = Autopsy & {
  /** The suspect step decided again with all it was decided by, but for the model that is blamed. Absent: that would change nothing. */
  readonly again?: { readonly model: ModelId; readonly mode: StepMode; readonly expectedNanoUsd: NanoUsd };
};

export interface OutcomeRequest {
  readonly decisionId: DecisionId;
  readonly verdict: OutcomeRecord['verdict'];
  readonly reward?: number;
  readonly truth?: 'right' | 'wrong';
  readonly note?: string;
  /** Who says so; `user` when absent. */
  readonly principal?: string;
}

interface UsageReportOptions {
  readonly jobId?: JobId;
  /** The newest jobs that count; 100 when absent. */
  readonly jobLimit?: number;
}

export interface UsageReport {
  readonly jobCount: number;
  /** Of `callCount`, those that a gateway took; 0 when one job is asked about. */
  readonly gatewayCallCount: number;
  readonly callCount: number;
  readonly spentNanoUsd: NanoUsd;
  readonly unknownBillCallCount: number;
  /** What those may have billed beyond `spentNanoUsd`. */
  readonly mayHaveBilledNanoUsd: NanoUsd;
  readonly byModel: readonly UsageRow<ModelId>[];
  /** `reader`: calls that asked a small model what steps need. */
  readonly byKind: readonly UsageRow<StepKind | 'reader' | 'advice'>[];
  /** What to look at in how steps were routed lately, in sentences. None when one job is asked about. */
  readonly alarms: readonly string[];
}

export interface UsageRow<Key extends string> {
  readonly key: Key;
  readonly callCount: number;
  readonly usage: Usage;
  readonly billNanoUsd: NanoUsd;
  /** Beyond `billNanoUsd`, by calls whose bill is not known. */
  readonly mayHaveBilledNanoUsd: NanoUsd;
}

export interface JobForesight {
  readonly steps: readonly {
    readonly kind: StepKind;
    readonly model: ModelId | undefined;
    readonly mode: StepMode | undefined;
    readonly why: string;
    /** `undefined`: no model may take this step or one before it. */
    readonly expectedNanoUsd: NanoUsd | undefined;
  }[];
  readonly expectedNanoUsd: NanoUsd;
  /** Its 90 % interval, steps taken as independent. */
  readonly lowNanoUsd: NanoUsd;
  readonly highNanoUsd: NanoUsd;
  readonly label: 'modelled';
}

export interface PlanPreview {
  readonly jobId: JobId;
  readonly steps: readonly {
    readonly id: string;
    readonly kind: StepKind;
    readonly title: string;
    readonly goal: string;
    readonly dependsOn: readonly string[];
    readonly model: ModelId | undefined;
    readonly mode: StepMode | undefined;
    readonly why: string;
    /** `undefined`: no model may take this step or one before it. */
    readonly expectedNanoUsd: NanoUsd | undefined;
  }[];
  /** What the steps that have a model are expected to bill, checks and second tries included; the plan itself is not in it. */
  readonly expectedNanoUsd: NanoUsd;
  /** Its 90 % interval, steps taken as independent. */
  readonly lowNanoUsd: NanoUsd;
  readonly highNanoUsd: NanoUsd;
  readonly label: 'modelled';
  readonly report: JobReport;
}
