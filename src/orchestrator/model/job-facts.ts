import type { OpenStepRecord } from '../../decisions/make-decision.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { StepMode } from '../../domain/step.ts';
import type { At } from '../../domain/time.ts';
import type { Message } from '../../domain/transcript.ts';
import type { StepRecord } from '../../recorder/record.ts';
import type { ServerQuestion } from '../../tools/server-question.ts';
import type { ContractName, Contracts } from './contracts.ts';
import { factKey, type FactFamily, type FactKey } from './fact-key.ts';

/** A step that has a model: everything that is recorded about it before it runs. */
export type StepRoute = OpenStepRecord;

/** What an attempt left in the journal when its loop ended. */
export type Executed = {
  /** The mode that was really used. */
  readonly mode: StepMode;
  /** What it adds to the shared transcript when it ran on it. */
  readonly messages: readonly Message[];
} & (
  | { readonly kind: 'answered'; readonly value: Contracts[ContractName] }
  | { readonly kind: 'unanswered'; readonly why: string; readonly findings?: string }
  | {
      readonly kind: 'provider-failed';
      readonly code: ErrorCode;
      readonly why: string;
      /** It had failed before, and the job has gone on since. */
      readonly isAgain?: true;
    }
);

/** An attempt that its limits ended, and the call that it was asked for what it had found with. */
export function limitKey(
  stepId: string,
  attempt: number,
): FactKey<{ readonly callIndex: number; readonly why: string }> {
  return factKey(`limit/${stepId}/${attempt}`);
}

/** How an attempt ended, as the flight recorder is told. */
export type AttemptEnd = Required<Pick<StepRecord, 'outcome' | 'endedAt'>>;

/** The policy that a job began with; it stays the job's. */
export const POLICY: FactKey<RouterPolicy> = factKey('policy');
/** What was said of the whole job: once, and again each time that it was taken up again. The newest counts. */
export const SUMMARIES: FactFamily<string> = { prefix: 'summary' };
/** When a job that had given up was taken up again. */
export const AGAIN: FactFamily<{ readonly at: At }> = { prefix: 'again/' };
/** Decisions with all their inputs, by far the largest facts: a journal may keep once what they share. */
export const ROUTES: FactFamily<StepRoute> = { prefix: 'route/' };

/** What the person whose job it is should know when it has ended. */
export const NOTES: FactFamily<string> = { prefix: 'note/' };

/** @param round how often the job was taken up again before */
export function summaryKey(round: number): FactKey<string> {
  return factKey(round === 0 ? SUMMARIES.prefix : `${SUMMARIES.prefix}/${round}`);
}

/** @param round from 1 */
export function againKey(round: number): FactKey<{ readonly at: At }> {
  return factKey(`${AGAIN.prefix}${round}`);
}

export function noteKey(about: string): FactKey<string> {
  return factKey(`${NOTES.prefix}${about}`);
}

export function routeKey(stepId: string, attempt: number): FactKey<StepRoute> {
  return factKey(`${ROUTES.prefix}${stepId}/${attempt}`);
}

export function executedKey(stepId: string, attempt: number): FactKey<Executed> {
  return factKey(`executed/${stepId}/${attempt}`);
}

export function attemptEndKey(stepId: string, attempt: number): FactKey<AttemptEnd> {
  return factKey(`outcome/${stepId}/${attempt}`);
}

/** What the user said to what was shown: `subject` is its digest, or the digest and the one call that it was asked for. */
export function permissionKey(subject: string): FactKey<boolean> {
  return factKey(`permission/${subject}`);
}

/** What a person said to the form of a tool server; without content: no. */
export interface FormReply {
  readonly content: Readonly<Record<string, string | number | boolean | string[]>> | undefined;
}

/** What a server asked while a call was made, by the key of the call. */
export function askedKey(call: string): FactKey<ServerQuestion> {
  return factKey(`asked/${call}`);
}

/** By the digest of the question and its call: asked again for the same in the same job it is answered the same. */
export function replyKey(digest: string): FactKey<FormReply> {
  return factKey(`reply/${digest}`);
}

export function artifactKey(name: string): FactKey<string> {
  return factKey(`artifact/${name}`);
}
