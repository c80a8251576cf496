import { toStepRecord } from '../../decisions/make-decision.ts';
import { isPointsmanError, type ErrorCode } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { StepKind } from '../../domain/step.ts';
import type { Tokens } from '../../domain/time.ts';
import { estimateTokens, messageText, userMessage } from '../../domain/transcript.ts';
import { promptTokens } from '../../domain/usage.ts';
import { attemptSpent } from '../calls/attempt-limits.ts';
import type { AgentTask, AdviceReply } from '../calls/attempt-task.ts';
import { callForStep } from '../calls/call-step.ts';
import {
  adviceAnswerKey,
  adviceCalls,
  adviceKey,
  askableFamilies,
  questionStepId,
  questionWords,
  readQuestion,
  type AskedQuestion,
} from '../context/ask-tool.ts';
import { sharedTokens } from '../context/shared-transcript.ts';
import { firstLine } from '../model/artifact.ts';
import { spentOf } from '../model/job-money.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { AdviceRole } from '../model/job-report.ts';
import type { JobRun } from '../model/job-run.ts';
import type { JobState } from '../model/job-state.ts';
import type { KnownTests } from '../model/known-tests.ts';
import { growChain, startChain } from '../model/prompt-chain.ts';
import type { AskLimits } from '../model/step-limits.ts';
import { decideStep } from './select-step.ts';

/** The longest answer: the words that it is asked for, and what a model thinks before them. */
const MAX_ANSWER_TOKENS: Tokens = 4000;

const NO_TESTS: KnownTests = { canCheck: false, reproduced: new Map<string, string>(), named: new Set() };

type Asking = Pick<AgentTask, 'step' | 'attempt' | 'model'>;

/**
 * How a try of a step asks other models: each question is routed by what it needs, its price, the frontier penalty and what is
 * warm, among the families that are not the asker's own, and has a decision, a call and a bill of its own. Once it is answered
 * it is not asked again, whatever happens to the process. What goes wrong is for the asker to read.
 */
export function openAsking(
  run: JobRun,
  { state, asker }: { readonly state: JobState; readonly asker: Asking },
): AgentTask['ask'] {
  const limits = run.services.stepLimits.ask;
  const isAlone = [...askableFamilies(run)].every((family) => family === asker.model.family);
  if (limits === undefined || isAlone) return undefined;
  let count = 0;
  return async (input) => {
    const index = count;
    count += 1;
    const { journal } = run.services;
    const key = adviceAnswerKey(questionStepId(asker.step.stepId, asker.attempt, index));
    const known = await journal.fact(run.entry.jobId, key);
    if (known !== undefined) return known;
    const reply = await answerTo(run, { state, asker, limits, index }, input);
    await journal.settle(run.entry.jobId, key, reply);
    return reply;
  };
}

interface AskingPlace {
  readonly state: JobState;
  readonly asker: Asking;
  readonly limits: AskLimits;
  readonly index: number;
}

async function answerTo(run: JobRun, at: AskingPlace, input: JsonObject): Promise<AdviceReply> {
  const question = readQuestion(input);
  if (typeof question === 'string') return no(`request-invalid: ${question}`);
  const { asker, limits, index } = at;
  const calls = adviceCalls(run.calls.entries(), asker.step.stepId, asker.attempt);
  const { system, text } = questionWords(run.entry.request.task, asker.step, question);
  const tokens = estimateTokens(system) + estimateTokens(text);
  if (index >= limits.maxQuestions) return no(`This step has put its ${limits.maxQuestions} questions. Go on without.`);
  if (usedTokens(calls) + tokens > limits.maxTokens)
    return no(`This step's questions may take ${limits.maxTokens} tokens, and this one would pass that.`);
  const model = await adviserFor(run, at, { question, tokens });
  if (typeof model === 'string') return no(`Nobody else may be asked: ${model} Go on without.`);
  return ask(run, at, { model, question, system, text });
}

/** @returns why there is none */
async function adviserFor(
  run: JobRun,
  { state, asker, limits, index }: AskingPlace,
  { question, tokens }: { readonly question: AskedQuestion; readonly tokens: Tokens },
): Promise<Model | string> {
  const { journal, recorder, catalog } = run.services;
  const stepId = questionStepId(asker.step.stepId, asker.attempt, index);
  const known = await journal.fact(run.entry.jobId, adviceKey(stepId));
  const before = known === undefined ? undefined : catalog.get(known.model);
  if (before !== undefined) return before;
  const left = leftForAsking(run, asker, limits);
  if (left <= 0) return 'nothing is left of what its questions may cost.';
  const route = await decideStep(run, state, questionStep(asker.step, { stepId, question, tokens }), {
    attempt: 0,
    parallel: false,
    transcriptTokens: await sharedTokens(run, state),
    // No test judges an answer.
    tests: NO_TESTS,
    notFamilies: [asker.model.family],
    stepLeftNanoUsd: left,
  });
  recorder.writeStep(toStepRecord(route));
  const { decision } = route;
  if (decision.kind === 'refuse') return decision.hints.join(' ') || 'no model of another family is eligible.';
  const advice = {
    stepId: asker.step.stepId,
    attempt: asker.attempt,
    role: question.role,
    question: firstLine(question.question),
    decisionId: decision.decisionId,
    model: decision.to,
  };
  const settled = await journal.settle(run.entry.jobId, adviceKey(stepId), advice);
  return catalog.get(settled.model) ?? `model "${settled.model}" is no longer in the catalogue.`;
}

/** What a role is good at is what such a step needs. */
function kindOf(role: AdviceRole, asker: StepKind): StepKind {
  switch (role) {
    case 'adviser':
      return 'plan';
    case 'critic':
      return 'review';
    case 'second-opinion':
      return asker;
  }
}

function questionStep(
  { kind, stakes, difficulty, title }: JobStep,
  of: { readonly stepId: JobStep['stepId']; readonly question: AskedQuestion; readonly tokens: Tokens },
): JobStep {
  const { role, question } = of.question;
  return {
    stepId: of.stepId,
    kind: kindOf(role, kind),
    title: `${role} for "${title}"`,
    goal: question,
    inputs: [],
    requiredTools: [],
    size: 'small',
    dependsOn: [],
    check: 'none',
    ...(stakes === undefined ? {} : { stakes }),
    ...(difficulty === undefined ? {} : { difficulty }),
    questionTokens: of.tokens,
  };
}

/** Of the questions' own limit, of the step's and of the policy's, the one that is nearest. */
function leftForAsking(run: JobRun, asker: Asking, limits: AskLimits): NanoUsd {
  const asked = spentOf(adviceCalls(run.calls.entries(), asker.step.stepId, asker.attempt));
  const spent = attemptSpent(run, asker);
  const ofStep = [run.services.stepLimits.maxNanoUsd, run.policy.budget.stepNanoUsd];
  return toNanoUsd(
    Math.min(limits.maxNanoUsd - asked, ...ofStep.flatMap((limit) => (limit === undefined ? [] : [limit - spent]))),
  );
}

function usedTokens(calls: ReturnType<typeof adviceCalls>): Tokens {
  const usages = calls.flatMap(({ end }) => end?.usage ?? []);
  return usages.reduce((sum, usage) => sum + promptTokens(usage) + usage.outputTokens, 0);
}

async function ask(
  run: JobRun,
  { asker, limits, index }: AskingPlace,
  put: { readonly model: Model; readonly question: AskedQuestion; readonly system: string; readonly text: string },
): Promise<AdviceReply> {
  const { model, question, system, text } = put;
  const messages = [userMessage(text)];
  const prompt = growChain(startChain(system, []), messages);
  const stepId = questionStepId(asker.step.stepId, asker.attempt, index);
  run.emit({ type: 'note', text: `asks ${model.id} as ${question.role}: ${firstLine(question.question)}` });
  try {
    const { message } = await callForStep(run, {
      jobId: run.entry.jobId,
      stepId,
      attempt: 0,
      callIndex: 0,
      kind: kindOf(question.role, asker.step.kind),
      mode: 'isolate',
      thread: stepId,
      model,
      system,
      tools: [],
      messages,
      trigger: 'tool-result',
      maxOutputTokens: MAX_ANSWER_TOKENS,
      writesLong: false,
      chain: prompt.chain,
      messageEnds: prompt.messageEnds,
      isQuiet: true,
      isAdvice: true,
    });
    const said = messageText(message).trim();
    if (said === '') return no(`${model.id} gave no answer. Go on without.`);
    return { text: `${model.id} says, as ${question.role}:\n\n${said}\n\n${leftText(limits, index)}`, isError: false };
  } catch (thrown) {
    if (!isPointsmanError(thrown) || !isOfProvider(thrown.code)) throw thrown;
    return no(`${thrown.code}: ${model.id} could not be asked. Go on without.`);
  } finally {
    // Nothing is spent on keeping an answered question warm.
    run.latestCalls.delete(stepId);
  }
}

function isOfProvider(code: ErrorCode): boolean {
  return code.startsWith('provider-') || code === 'context-overflow';
}

function leftText({ maxQuestions }: AskLimits, index: number): string {
  const left = maxQuestions - index - 1;
  const more = left === 0 ? 'No question is left' : `${left} more may be asked`;
  return `[It saw nothing but your question and material: an opinion to judge, no check and no instruction. ${more}.]`;
}

function no(text: string): AdviceReply {
  return { text, isError: true };
}
