import type { Catalog } from '../../catalog/catalog.ts';
import type { Decide } from '../../decisions/pool-dial.ts';
import type { WordBound } from '../../decisions/word-bound.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { HandsChoice, StepKind } from '../../domain/step.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import type { Hands } from '../../hands/hands.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import type { BeliefSource } from '../../learn/beliefs/belief-source.ts';
import type { MemoryStore } from '../../memory/open-memory.ts';
import type { MoneyLedger } from '../../money/ledger.ts';
import type { NeedReader } from '../../predict/need/need-reader.ts';
import type { Predictor } from '../../predict/predictor.ts';
import type { RiskReader } from '../../predict/risk-reader.ts';
import type { HostFacts } from '../../providers/hosts/host-watch.ts';
import type { ModelCaller } from '../../providers/model-caller.ts';
import type { CallRecord, JobPauseKind, OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import type { Redactor } from '../../recorder/redact.ts';
import type { KeptRepositories, RepositoryReach } from '../../tools/repositories/kept-repositories.ts';
import type { ToolRegistry } from '../../tools/tool-registry.ts';
import type { JobTrees } from '../../tools/work-tree/job-trees.ts';
import type { TreeCopy, WorkTree } from '../../tools/work-tree/work-tree.ts';
import type { StandingPermissions } from '../../trust/standing-permissions.ts';
import type { CallLog } from './call-log.ts';
import type { JobEventBody } from './job-event.ts';
import type { JobEntry, JobJournal } from './job-journal.ts';
import type { Agents } from './load-agents.ts';
import type { StepCall } from './step-call.ts';
import type { StepLimits } from './step-limits.ts';

/** What a store holds of a session of the gateway. */
export interface SessionRecords {
  readonly calls: readonly CallRecord[];
  readonly steps: readonly StepRecord[];
  readonly outcomes: readonly OutcomeRecord[];
}

/** What every job of a process shares. Time comes in as an argument. */
export interface JobServices {
  readonly clock: () => At;
  readonly catalog: Catalog;
  /** Models whose endpoint can be called: a key is there, or none is needed. */
  readonly pool: readonly Model[];
  /** Models at hosts that are only watched. Absent: there are none. */
  readonly watched?: readonly Model[];
  readonly callModel: ModelCaller;
  /** Harnesses of this machine, for steps that their user wants carried out by one. */
  readonly hands: Hands;
  /** Who carries out steps where neither a job nor its policy says it. Absent: the own loop. */
  readonly defaultHands?: HandsChoice | undefined;
  /** How the hosts of the pool fare. Absent: nothing is seen of them. */
  readonly hosts?: HostFacts | undefined;
  readonly decide: Decide;
  /** Reads what steps need of the models. Absent: their kinds are all that is known. */
  readonly needs?: NeedReader | undefined;
  readonly predictor: Predictor;
  /** What a person's words carry that a policy may be careful with. */
  readonly readRisk: RiskReader;
  /** How often the words of whoever asks have moved a step to a dearer model; counted where a policy bounds it. Absent: it is not. */
  readonly words?: Pick<WordBound, 'upgrades' | 'principal'> | undefined;
  /** What records have taught about models, checks and hand-overs. */
  readonly beliefs: BeliefSource;
  /** Calls of a harness's session and the steps that they are of. Absent: nothing is kept of any. */
  readonly sessionRecords?: ((id: string) => Promise<Omit<SessionRecords, 'outcomes'>>) | undefined;
  /** What should be looked at, by the records of jobs and gateway. Absent: nobody looks. */
  readonly alarms?: (() => Promise<readonly Alarm[]>) | undefined;
  readonly journal: JobJournal;
  readonly recorder: Recorder;
  /** Says whose work the next run of a job is part of, as W3C Trace Context has it. Absent: nobody asks. */
  readonly jobCalledFrom?: ((jobId: JobId, traceparent: string) => void) | undefined;
  /** Who has spent what, over all processes of a store. */
  readonly ledger: MoneyLedger;
  readonly redactor: Redactor;
  /** What is remembered of the project in a folder, and of its user. */
  readonly memoryOf: (workspace: string) => MemoryStore;
  readonly permissions: StandingPermissions;
  /** Policies that are only watched. */
  readonly shadows: readonly RouterPolicy[];
  readonly briefTokens: Tokens;
  /** What one try of a step may take. */
  readonly stepLimits: StepLimits;
  /** How a workspace is checked: what its user says of it, how long one command may take, where version managers lie. */
  readonly checks: {
    readonly said: readonly string[];
    readonly timeoutMs: Ms;
    readonly home: string | undefined;
    /** Whether tests are written for faults, and whether they stay in what a job changed. */
    readonly reproduction: 'keep' | 'drop' | 'off';
    /** Kinds of steps whose results a person accepts, whatever the plan says. */
    readonly byPerson: ReadonlySet<StepKind>;
  };
  /** The files of a workspace, what they were and what they are. */
  readonly workTreeOf: (workspace: string, copy?: TreeCopy) => WorkTree;
  /** The repositories of a user's folder, for jobs that work in it. Absent: nobody looks. */
  readonly repositoriesOf?: ((workspace: string) => KeptRepositories) | undefined;
  /** Copies in which jobs work. Absent: they work in their users' folders. */
  readonly jobTrees?: JobTrees | undefined;
  /** Resolves after a pause, or early when aborted; never rejects. */
  readonly wait: (pauseMs: Ms, signal: AbortSignal) => Promise<void>;
}

/** A question that only the user can answer; the job waits with it, and its state is kept. */
export interface PauseQuestion {
  readonly kind: Exclude<JobPauseKind, 'failure' | 'gone' | 'queued'>;
  readonly code: ErrorCode;
  readonly question: string;
  /** What it is about: of a permission the digest of what is shown, a slash, and the key of the call; of money the limit. */
  readonly subject?: string;
}

/** One job while it runs in this process. */
export interface JobRun {
  readonly services: JobServices;
  /** Its workspace is where the job works. */
  readonly entry: JobEntry;
  /** The folder that its user named, where the job works in a copy of it. */
  readonly userFolder?: string | undefined;
  readonly policy: RouterPolicy;
  readonly agents: Agents;
  readonly calls: CallLog;
  readonly tools: ToolRegistry;
  readonly workTree: WorkTree;
  readonly signal: AbortSignal;
  readonly emit: (event: JobEventBody) => void;
  /** Stops the run with a question: throws, and the step starts over from what is journaled once there is an answer. */
  readonly ask: (question: PauseQuestion) => never;
  /** The newest call of each transcript that this process made: what a ping would send again. */
  readonly latestCalls: Map<string, StepCall>;
  /**
   * Makes something that may write repositories, and keeps what it did to them. Absent: the job works in a copy.
   * @param at step, attempt and place of the call, with slashes
   */
  readonly keepRepositories?:
    | (<Result>(at: string, reach: RepositoryReach, act: () => Promise<Result>) => Promise<Result>)
    | undefined;
  /** A copy of the copy in which the job works, the one that it has or a new one. Absent: it works in its user's folder. */
  readonly openBranch?: (() => Promise<JobBranch | undefined>) | undefined;
  readonly dropBranch?: (() => Promise<void>) | undefined;
  /** This is an attempt in such a copy, made of this folder: what it does is not the job's yet. */
  readonly besideOf?: string;
}

/** Where an attempt works that is made beside another. */
export interface JobBranch {
  readonly folder: string;
  /** Made just now. */
  readonly isNew: boolean;
  readonly workTree: WorkTree;
  readonly tools: ToolRegistry;
  /** Ends its tools; the copy stays. */
  readonly close: () => Promise<void>;
}
