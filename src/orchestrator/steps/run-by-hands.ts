import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { HandName } from '../../domain/step.ts';
import { messageText } from '../../domain/transcript.ts';
import type { Hands, HandsEnd, HandsEvent, HandsStep } from '../../hands/hands.ts';
import { accountOf } from '../../money/ledger.ts';
import type { AgentOutcome, AgentTask } from '../calls/attempt-task.ts';
import { openHarnessCalls, type HarnessCalls } from '../calls/harness-calls.ts';
import { judgeHands } from '../calls/judge-hands.ts';
import { changesOf, recordingChanges } from '../calls/record-changes.ts';
import { changesFiles } from '../context/step-plan.ts';
import { firstLine } from '../model/artifact.ts';
import { readContract, type ContractName } from '../model/contracts.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { budgetNanoUsd } from '../model/job-money.ts';
import type { JobRun } from '../model/job-run.ts';

/** Answers that break the contract are shown what is wrong with them this many times. */
const MAX_REPAIRS = 2;
/** A harness that something else ended begins again this many times in a turn: that is no model's fault. */
const MAX_RESTARTS = 2;

/**
 * Has a harness carry out an attempt: the same words as the own loop's, the decided model behind a gateway of its own, and
 * its calls in the job's journal. One that was cut off goes on in its session.
 * @throws PointsmanError `tool-unavailable` where the harness is not installed, `record-unwritable`, `aborted`
 */
export async function runByHands(run: JobRun, task: AgentTask, hands: Hands, name: HandName): Promise<AgentOutcome> {
  const calls = openHarnessCalls(run, task);
  const asked = task.opening.messages.map(messageText).join('\n\n');
  let prompt: HandsStep['prompt'] = { whole: asked, goingOn: GO_ON };
  for (let repairs = 0; ; repairs += 1) {
    // Also what a step billed that is stopped.
    const end = await runOnce(run, task, { hands, name, prompt, turn: repairs, calls }).finally(calls.settled);
    const ended = { messages: [], callCount: calls.count() };
    if (end.kind !== 'answered') return { ...ended, kind: 'unanswered', why: end.why };
    const reading = readContract<ContractName>(task.agent.contract, end.text);
    const objection = reading.kind === 'kept' ? task.accept(reading.value) : reading.why;
    if (reading.kind === 'kept' && objection === undefined) return { ...ended, kind: 'answered', value: reading.value };
    if (repairs === MAX_REPAIRS)
      return { ...ended, kind: 'unanswered', why: `Its answer broke the contract: ${objection}` };
    const again = `Your answer does not keep the contract ${task.agent.contract}: ${objection}\n\nGive it again, whole.`;
    prompt = { whole: `${asked}\n\n${again}`, goingOn: again };
  }
}

interface OneTurn {
  readonly hands: Hands;
  readonly name: HandName;
  readonly prompt: HandsStep['prompt'];
  readonly turn: number;
  readonly calls: Pick<HarnessCalls, 'begin' | 'add'>;
}

/** One turn of the harness, once: how it ended is in the journal. */
async function runOnce(run: JobRun, task: AgentTask, { hands, name, prompt, turn, calls }: OneTurn): Promise<HandsEnd> {
  const { journal } = run.services;
  const { jobId, request } = run.entry;
  const base = `hands/${task.step.stepId}/${task.attempt}`;
  const endKey: FactKey<HandsEnd> = factKey(`${base}/end/${turn}`);
  const known = await journal.fact(jobId, endKey);
  if (known !== undefined) return known;
  const sessionKey: FactKey<string> = factKey(`${base}/session`);
  const mayWrite = changesFiles(run, task.step);
  const once = async (): Promise<HandsEnd> =>
    hands.run({
      name,
      workspace: request.workspace,
      prompt,
      model: task.model,
      leftNanoUsd: await leftInLedger(run),
      mayWrite,
      mayRun: request.approve === 'all',
      mark: `${jobId}/${base}`,
      left: { sessionId: await journal.fact(jobId, sessionKey), processId: await lastProcess(run, base) },
      signal: run.signal,
      onEvent: async (event) => {
        if (event.type === 'session') await journal.settle(jobId, sessionKey, event.sessionId);
        if (event.type === 'process') await keepProcess(run, base, event.processId);
        show(run, task, event);
      },
      onBegin: calls.begin,
      onCall: calls.add,
      judge: async (ask) => judgeHands(run, ask, { harness: name, mayWrite, key: `${jobId}/${base}` }),
    });
  const act = async (): Promise<HandsEnd> => {
    for (let restarts = 0; ; restarts += 1) {
      const end = await once();
      if (end.kind !== 'gone' || restarts === MAX_RESTARTS) return end;
      run.emit({ type: 'note', text: `${name} was ended by something else, and goes on. ${firstLine(end.why)}` });
    }
  };
  const at = `${task.step.stepId}/${task.attempt}/hands/${turn}`;
  // Also of a step that may change none: what it changed all the same is seen, and taken back.
  const kept = run.keepRepositories;
  const end = await recordingChanges(run, { at }, kept === undefined ? act : async () => kept(at, 'free', act));
  return journal.settle(jobId, endKey, mayWrite ? end : await withoutChanges(run, task, end));
}

async function withoutChanges(run: JobRun, { step, attempt }: AgentTask, end: HandsEnd): Promise<HandsEnd> {
  const changes = await changesOf(run, { stepId: step.stepId, attempt });
  if (changes.length === 0 || end.kind === 'refused') return end;
  const names = changes.slice(0, 5).map(({ name }) => name);
  return {
    kind: 'refused',
    why: `It changed files in a ${step.kind} step, which may change none: ${names.join(', ')}.`,
  };
}

/** What a harness may still bill: the ledger counts also what nobody has reported. */
async function leftInLedger(run: JobRun): Promise<NanoUsd | undefined> {
  const limit = budgetNanoUsd(run);
  if (limit === undefined) return undefined;
  const { ledger, clock } = run.services;
  const { total } = await ledger.standings(accountOf('job', run.entry.jobId), clock());
  return toNanoUsd(Math.max(0, limit - total.spentNanoUsd - total.heldNanoUsd));
}

const GO_ON =
  'You were interrupted. Look at the files as they are now, go on with the step, and end with the answer that was asked for.';

function processKey(base: string, index: number): FactKey<number> {
  return factKey(`${base}/process/${index}`);
}

async function lastProcess({ services, entry }: JobRun, base: string): Promise<number | undefined> {
  let last: number | undefined;
  for (let index = 0; ; index += 1) {
    const found = await services.journal.fact(entry.jobId, processKey(base, index));
    if (found === undefined) return last;
    last = found;
  }
}

async function keepProcess({ services, entry }: JobRun, base: string, processId: number): Promise<void> {
  for (
    let index = 0;
    (await services.journal.settle(entry.jobId, processKey(base, index), processId)) !== processId;
    index += 1
  );
}

function show(run: JobRun, { step, attempt }: AgentTask, event: HandsEvent): void {
  const of = { stepId: step.stepId, attempt };
  if (event.type === 'text') run.emit({ type: 'text-delta', ...of, text: `${event.text}\n` });
  if (event.type !== 'tool') return;
  run.emit({
    type: 'tool-call',
    ...of,
    toolCallId: '',
    toolName: event.name,
    input: { summary: firstLine(event.summary) },
  });
}
