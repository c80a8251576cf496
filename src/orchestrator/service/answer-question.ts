import { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { nanoFromUsd, usdFromNano } from '../../domain/money.ts';
import { askedKey, type FormReply, POLICY, permissionKey, replyKey } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import { budgetNanoUsd } from '../model/job-money.ts';
import type { JobServices } from '../model/job-run.ts';
import type { ResumeAnswer } from '../model/pointsman.ts';
import { agreed, parseReply } from './parse-reply.ts';

type AnswerServices = Pick<JobServices, 'journal' | 'permissions' | 'redactor'>;

/**
 * Puts the user's answer where the job will look for it, and gives the job as it then stands.
 * @throws PointsmanError `request-invalid` when it is over, or asks something else by now
 */
export async function answered(
  services: AnswerServices,
  entry: JobEntry,
  answer: ResumeAnswer | undefined,
): Promise<JobEntry> {
  if (entry.status === 'done' || entry.status === 'cancelled') {
    throw new PointsmanError('request-invalid', `Job ${entry.jobId} is ${entry.status}; there is nothing to resume.`, {
      hint: 'Start a new job with pointsman run.',
    });
  }
  if (answer === undefined) return entry;
  if (answer.kind !== 'all-permissions') refuseStale(services, entry, answer.subject);
  await settleAnswer(services, entry, answer);
  return (await services.journal.job(entry.jobId)) ?? entry;
}

/** A dialog may stand open while somebody else answers and the job goes on. Compared as it was reported. */
function refuseStale({ redactor }: AnswerServices, { jobId, pause }: JobEntry, subject: string | undefined): void {
  if (subject === undefined || redactor.record(pause)?.subject === subject) return;
  throw new PointsmanError('request-invalid', `Job ${jobId} does not ask this any more.`, {
    hint: 'Look at what it asks now, and answer that.',
  });
}

async function settleAnswer(services: AnswerServices, entry: JobEntry, answer: ResumeAnswer): Promise<void> {
  const { journal } = services;
  switch (answer.kind) {
    case 'budget': {
      const budgetUsd = usdFromNano(await limitOf(services, entry)) + answer.addUsd;
      return journal.updateJob(entry.jobId, { request: { ...entry.request, budgetUsd } });
    }
    case 'all-permissions':
      return journal.updateJob(entry.jobId, { request: { ...entry.request, approve: 'all' } });
    case 'reply': {
      const { text } = answer;
      return settleReply(services, entry, (schema) => (text === undefined ? undefined : parseReply(schema, text)));
    }
    case 'permission':
      if (entry.pause?.kind === 'question')
        return settleReply(services, entry, answer.allow ? agreed : () => undefined);
      if (entry.pause?.kind !== 'permission' || entry.pause.subject === undefined) return undefined;
      return settlePermission(services, entry, { ...answer, subject: entry.pause.subject });
  }
}

/** What is added to: the limit that the job has, whoever set it. */
async function limitOf({ journal }: AnswerServices, entry: JobEntry): Promise<ReturnType<typeof nanoFromUsd>> {
  const policy = await journal.fact(entry.jobId, POLICY);
  return (policy && budgetNanoUsd({ entry, policy })) ?? nanoFromUsd(entry.request.budgetUsd ?? 0);
}

async function settleReply(
  { journal }: AnswerServices,
  { jobId, pause }: JobEntry,
  read: (schema: JsonObject) => FormReply['content'],
): Promise<void> {
  if (pause?.kind !== 'question' || pause.subject === undefined) return;
  const at = pause.subject.indexOf('/');
  const question = await journal.fact(jobId, askedKey(pause.subject.slice(at + 1)));
  if (question === undefined) return;
  await journal.settle(jobId, replyKey(pause.subject.slice(0, at)), { content: read(question.schema) });
}

async function settlePermission(
  { journal, permissions }: AnswerServices,
  entry: JobEntry,
  answer: Extract<ResumeAnswer, { readonly kind: 'permission' }> & { readonly subject: string },
): Promise<void> {
  const [digest = ''] = answer.subject.split('/');
  if (answer.allow && answer.scope === 'always') {
    permissions.add(entry.request.workspace, digest, entry.pause?.question ?? '');
  }
  const subject = answer.scope === 'once' ? answer.subject : digest;
  await journal.settle(entry.jobId, permissionKey(subject), answer.allow);
}
