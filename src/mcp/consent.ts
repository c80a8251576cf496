import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JobReport } from '../orchestrator/model/job-report.ts';
import type { ResumeAnswer } from '../orchestrator/model/pointsman.ts';
import type { Dialog, Elicitation, Elicited } from './dialog.ts';

const SCOPES = ['once', 'job', 'always'] as const;
const SCHEMA = {
  type: 'object',
  properties: {
    answer: {
      type: 'string',
      title: 'Answer',
      enum: [...SCOPES, 'no'],
      enumNames: ['Allow this once', 'Allow it for this job', 'Always allow exactly this here', 'Do not allow it'],
    },
  },
  required: ['answer'],
} as const;

/** For a tool server, whose own form stands in the question. */
const WORDS = {
  type: 'object',
  properties: { answer: { type: 'string', title: 'Answer, as name=value where there are several fields' } },
  required: ['answer'],
} as const;

const AMOUNT = {
  type: 'object',
  properties: { usd: { type: 'number', title: 'US dollars more', minimum: 0 } },
  required: ['usd'],
} as const;
const amountSchema = z.object({ usd: z.number().positive() });

/** What a paused job asks, as a form for a person, and what an answer to it means. */
export interface PersonQuestion extends Elicitation {
  /** `undefined`: not an answer. A form that was declined is a no. */
  readonly answered: (said: Elicited) => ResumeAnswer | undefined;
}

/**
 * What a job asks that only a person can answer. A model's own arguments never do: it would allow itself.
 * @param addUsd what the model would like to have more of; shown, and granted only by the person
 * @returns `undefined`: it asks nothing that a person could answer here
 */
export function questionOf(report: JobReport, addUsd?: number): PersonQuestion | undefined {
  const { pause, jobId } = report;
  if (report.status !== 'paused' || pause === undefined || pause.code === 'aborted') return undefined;
  const { question, subject } = pause;
  const named = { key: questionKey(report), message: question, jobId };
  switch (pause.kind) {
    case 'permission':
      return {
        ...named,
        schema: SCHEMA,
        answered: (said) => {
          const answer = chosen(said);
          if (answer === undefined) return undefined;
          const scope = SCOPES.find((one) => one === answer);
          return scope === undefined
            ? { kind: 'permission', allow: false, subject }
            : { kind: 'permission', allow: true, scope, subject };
        },
      };
    case 'question':
      return {
        ...named,
        schema: WORDS,
        answered: (said) => {
          const answer = chosen(said);
          return answer === undefined
            ? undefined
            : { kind: 'reply', text: answer === DECLINED ? undefined : answer, subject };
        },
      };
    case 'budget':
      return addUsd === undefined ? amountQuestion(named, subject) : grantQuestion(named, subject, addUsd);
    case 'failure':
    case 'gone':
    case 'plan':
    case 'queued':
      return undefined;
  }
}

/** What the person behind the client says to it; `undefined`: nobody answered, or there is nobody to ask. */
export async function askPerson(
  dialog: Dialog,
  report: JobReport,
  addUsd: number | undefined,
): Promise<ResumeAnswer | undefined> {
  const question = canAsk(dialog) ? questionOf(report, addUsd) : undefined;
  if (question === undefined) return undefined;
  const said = await dialog.elicit(question);
  return said === undefined ? undefined : question.answered(said);
}

/** Whether the client has a person behind it who can be asked. */
export function canAsk({ capabilities }: Pick<Dialog, 'capabilities'>): boolean {
  return capabilities.elicitation !== undefined;
}

type Named = Pick<PersonQuestion, 'key' | 'message' | 'jobId'>;

function grantQuestion(named: Named, subject: string | undefined, addUsd: number): PersonQuestion {
  return {
    ...named,
    message: `${named.message} May it spend $${addUsd} more?`,
    schema: SCHEMA,
    answered: (said) => (SCOPES.some((one) => one === chosen(said)) ? { kind: 'budget', addUsd, subject } : undefined),
  };
}

function amountQuestion(named: Named, subject: string | undefined): PersonQuestion {
  return {
    ...named,
    message: `${named.message} How many dollars more may it spend?`,
    schema: AMOUNT,
    answered: ({ action, content }) => {
      const amount = action === 'accept' ? amountSchema.safeParse(content).data : undefined;
      return amount === undefined ? undefined : { kind: 'budget', addUsd: amount.usd, subject };
    },
  };
}

/** A dialog that was declined; no person can type it, as they can a "no" for a field. */
const DECLINED = '\0';

function chosen({ action, content }: Elicited): string | undefined {
  if (action === 'decline') return DECLINED;
  const answer = action === 'accept' ? content?.['answer'] : undefined;
  return typeof answer === 'string' ? answer : undefined;
}

/** One key a question over the whole life of a job: a late answer is not taken for one to the next question. */
export function questionKey({ pause, steps }: JobReport): string {
  const parts = [pause?.kind, pause?.subject, pause?.question, steps.length];
  return `ask-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)}`;
}
