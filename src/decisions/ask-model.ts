import type { CallRequest } from '../domain/call.ts';
import type { StepId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { NanoUsd } from '../domain/money.ts';
import { likeliestOf, type NeedLabel, type SaidNeed } from '../domain/need.ts';
import { EFFORTS } from '../domain/step.ts';
import { toNeedLabel, type LocalNeed } from '../predict/asking/need-label.ts';
import { parseSaid } from '../predict/asking/said-need.ts';
import { MOST_ANSWER_TOKENS, questionAbout, type StepQuestion } from '../predict/asking/step-question.ts';
import type { NeedText } from '../predict/need/need-features.ts';
import type { StepAsker } from '../predict/need/need-reader.ts';
import { createRedactor } from '../recorder/redact.ts';
import { readingModel, type ReadingNeeds } from './reading-model.ts';

/** A call that asks a model what a step needs, before it is made. */
export interface ReadingCall {
  readonly model: Model;
  readonly request: CallRequest;
  readonly expectedNanoUsd: NanoUsd;
  readonly worstNanoUsd: NanoUsd;
  /** Ends it, long after nobody waits for it. */
  readonly signal: AbortSignal;
  /** What is kept of an answer with the record of its call. `undefined`: it was no answer. */
  toLabel(answer: string): Promise<NeedLabel | undefined>;
}

/**
 * Makes one such call: money set aside, billed where its step is billed, recorded. The answer's text; `undefined` where it could not be paid
 * or failed. Never rejects.
 */
export type MakeReadingCall = (call: ReadingCall) => Promise<string | undefined>;

/** What is known of a step whose need a model may be asked for. */
export interface ReadingContext extends Omit<ReadingNeeds, 'kind'> {
  /** Whose step it is. */
  readonly scope: string;
  readonly stepId?: StepId | undefined;
  readonly isAgain?: boolean;
  readonly make: MakeReadingCall;
}

/** An answer that comes later than this is of no use to any decision. */
const GIVE_UP_MS = 10_000;
const redactor = createRedactor();

/** Who may be asked of a step, where the policy wants a model asked. */
export function stepAsker(context: ReadingContext): StepAsker | undefined {
  const rule = context.policy.reader;
  if (rule === undefined) return undefined;
  return {
    scope: context.scope,
    stepId: context.stepId,
    isAgain: context.isAgain,
    waitMs: rule.maxWaitMs,
    ask: async (step, { local, reader, signal: closing }) => {
      const read = await local;
      if (closing.aborted) return undefined;
      const question = withoutSecrets(questionAbout(step));
      const choice = readingModel(question, { ...context, kind: likeliestOf(read, 'kind').value });
      if (choice === undefined) return undefined;
      const request = toRequest(choice.model, question);
      const signal = AbortSignal.any([AbortSignal.timeout(GIVE_UP_MS), closing]);
      const toLabel = (answer: string): Promise<NeedLabel | undefined> =>
        Promise.resolve(labelOf(step, answer, { need: read, reader }));
      const answer = await context.make({ ...choice, request, signal, toLabel });
      return answer === undefined ? undefined : parseSaid(answer);
    },
  };
}

function labelOf(step: NeedText, answer: string, read: LocalNeed): NeedLabel | undefined {
  const said: SaidNeed | undefined = parseSaid(answer);
  return said === undefined ? undefined : toNeedLabel(step, said, read);
}

/** A key that somebody pasted is no part of what a step needs. */
function withoutSecrets(question: StepQuestion): StepQuestion {
  return { ...question, text: redactor.text(question.text) };
}

function toRequest(model: Model, { system, text, schema }: StepQuestion): CallRequest {
  const effort = EFFORTS.find((one) => model.efforts.includes(one));
  return {
    model: model.id,
    system,
    tools: [],
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    maxOutputTokens: Math.min(MOST_ANSWER_TOKENS, model.maxOutputTokens),
    ...(effort === undefined ? {} : { effort }),
    ...(model.structuredOutput ? { responseSchema: { name: 'step_need', schema } } : {}),
    cacheKey: 'step-need',
    cacheMarkers: [],
  };
}
