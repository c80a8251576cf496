import type { JsonObject } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import { SECOND_MS, type Ratio, type Tokens } from '../../domain/time.ts';
import type { Message } from '../../domain/transcript.ts';
import type { Opening } from '../context/opening.ts';
import type { Agent } from '../model/agent-file.ts';
import type { ContractName, Contracts } from '../model/contracts.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepCall } from '../model/step-call.ts';
import type { AttemptTranscript } from './attempt-transcript.ts';
import { standardOf } from './standard-tier.ts';

/** What an attempt needs to run. */
export interface AgentTask {
  readonly step: JobStep;
  readonly attempt: number;
  readonly agent: Agent;
  readonly model: Model;
  readonly opening: Opening;
  /** Of the tools that there were when it began. */
  readonly allowedTools: ReadonlySet<string>;
  /** The decision asks for the one-hour write class. */
  readonly writesLong: boolean;
  /** Models that may write a summary of the work so far. */
  readonly writers: readonly Model[];
  /** Puts a question to another model. Absent: it may ask nobody. */
  readonly ask?: (input: JsonObject) => Promise<AdviceReply>;
  /** A second look at an answer that keeps its schema, such as whether a plan can be run. */
  readonly accept: (value: Contracts[ContractName]) => string | undefined;
}

/** What came of a question, as its asker reads it. */
export interface AdviceReply {
  readonly text: string;
  readonly isError: boolean;
}

/** How a loop ended: with an answer that keeps its contract, or without. */
export type AgentOutcome = {
  readonly messages: readonly Message[];
  readonly callCount: number;
  /** Results of tools that were taken out of its transcript to make room. Absent: none. */
  readonly lost?: readonly string[];
} & (
  | { readonly kind: 'answered'; readonly value: Contracts[ContractName] }
  | {
      readonly kind: 'unanswered';
      readonly why: string;
      /** What it had found by then, in its own words: where the next try begins. */
      readonly findings?: string;
    }
);

/** One call of an attempt, as it would be sent now. */
export function toCall(
  run: JobRun,
  task: AgentTask,
  at: {
    readonly transcript: Pick<AttemptTranscript, 'messages' | 'prompt' | 'tools'>;
    readonly callIndex: number;
    readonly maxOutputTokens?: Tokens;
  },
): StepCall {
  const { transcript } = at;
  const prompt = transcript.prompt();
  return {
    jobId: run.entry.jobId,
    stepId: task.step.stepId,
    attempt: task.attempt,
    callIndex: at.callIndex,
    kind: task.step.kind,
    mode: task.opening.mode,
    thread: task.opening.thread,
    ...atTier(run, task),
    system: task.opening.system,
    tools: transcript.tools(),
    messages: [...transcript.messages()],
    // No person is waited for inside a job: pauses are those of tools.
    trigger: 'tool-result',
    writesLong: task.writesLong,
    chain: prompt.chain,
    messageEnds: prompt.messageEnds,
    ...(at.maxOutputTokens === undefined ? {} : { maxOutputTokens: at.maxOutputTokens }),
  };
}

/** Of a step's deadline, what one call may stand in the queue of a tier that makes calls wait; the standard tier needs the rest. */
const QUEUE_RATIO: Ratio = 0.5;

/** The model on the tier that was decided, until that has turned a call of the attempt away: from there on the standard one. */
function atTier(run: JobRun, { step, attempt, model }: AgentTask): Pick<StepCall, 'model' | 'queueMs'> {
  if (model.serviceTier === undefined) return { model };
  const hasFailed = run.calls
    .entries()
    .some(
      (one) =>
        one.stepId === step.stepId && one.attempt === attempt && one.model === model.id && one.end?.kind === 'failed',
    );
  const standard = hasFailed ? standardOf(run, model) : undefined;
  if (standard !== undefined) return { model: standard };
  return { model, queueMs: (step.deadlineSeconds ?? 0) * SECOND_MS * QUEUE_RATIO };
}
