import { createHash } from 'node:crypto';
import type { JsonObject } from '../../domain/json.ts';
import type { At } from '../../domain/time.ts';
import type { StepOutcome } from '../../recorder/record.ts';
import { shown } from '../../trust/shown.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { askedKey, replyKey, type Executed } from '../model/job-facts.ts';
import { cut, type JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { brief, type StepAttempt } from '../model/job-state.ts';
import { summaryOf } from './keep-artifact.ts';

const MAX_SUMMARY_CHARS = 1200;
const ACCEPT = 'accept';

/** A yes is this, and nothing more has to be said. */
const FORM: JsonObject = {
  type: 'object',
  properties: {
    verdict: { type: 'string', enum: [ACCEPT, 'reject'], default: ACCEPT },
    note: { type: 'string', title: 'What is wrong, or what to know' },
  },
  required: ['verdict'],
};

/** A verdict with what a person says, where one is to be asked: nobody's time is taken for what a machine rejects. */
export async function withPerson<Verdict extends Pick<StepOutcome, 'checks'> & { readonly objection: unknown }>(
  run: JobRun,
  step: JobStep,
  { attempt, ended, verdict }: { readonly attempt: number; readonly ended: Executed; readonly verdict: Verdict },
): Promise<Verdict> {
  const isAsked = step.check === 'person' && step.reproduces === undefined && ended.kind === 'answered';
  if (!isAsked || !verdict.checks.every((one) => one.passed)) return verdict;
  const { accepts, note } = await personsVerdict(run, step, { attempt, summary: summaryOf(ended.value) });
  const checks = [...verdict.checks, { verifierId: 'person', passed: accepts, summary: note }];
  return { ...verdict, objection: accepts ? verdict.objection : undefined, checks };
}

/**
 * What a person says of what an attempt came to, each asked once: stops the job with the question while there is no answer, in
 * the form of any other that a person is asked. Whoever allows every tool is asked too: a look is no permission.
 */
async function personsVerdict(
  run: JobRun,
  { stepId, title }: JobStep,
  { attempt, summary }: { readonly attempt: number; readonly summary: string },
): Promise<{ readonly accepts: boolean; readonly note: string }> {
  const { journal, redactor } = run.services;
  const { jobId } = run.entry;
  const key = `person/${stepId}/${attempt}`;
  const digest = createHash('sha256').update(`${jobId}/${key}`).digest('hex');
  const reply = await journal.fact(jobId, replyKey(digest));
  if (reply !== undefined) {
    const { verdict, note } = reply.content ?? {};
    const accepts = verdict === ACCEPT;
    return { accepts, note: brief(noteOf(note) ?? (accepts ? 'A person accepts it.' : 'A person rejects it.')) };
  }
  const said = redactor.text(shown(cut(summary, MAX_SUMMARY_CHARS), MAX_SUMMARY_CHARS));
  const message = `Do you accept what step "${title}" came to? Its other checks passed; "pointsman diff ${jobId}" shows what was changed. It says: ${said}`;
  await journal.settle(jobId, askedKey(key), { server: 'pointsman', message, schema: FORM });
  return run.ask({
    kind: 'question',
    code: 'tool-denied',
    subject: `${digest}/${key}`,
    question: `${message}\n(accept | reject; what is wrong, as in: reject, note=It is too dark.)`,
  });
}

function saidAtKey(decisionId: string): FactKey<At> {
  return factKey(`person-said/${decisionId}`);
}

function noteOf(note: unknown): string | undefined {
  return typeof note === 'string' && note.trim() !== '' ? note.trim() : undefined;
}

/** What a person said is an outcome of the decision, as if they had reported it. */
export async function reportPerson(
  { services, entry }: JobRun,
  { decisionId }: StepAttempt,
  checks: StepOutcome['checks'],
): Promise<void> {
  const said = checks.find(({ verifierId }) => verifierId === 'person');
  if (said === undefined) return;
  // The same again after a crash is one outcome.
  const at = await services.journal.settle(entry.jobId, saidAtKey(decisionId), services.clock());
  services.recorder.writeOutcome({
    v: 1,
    decisionId,
    at,
    verdict: said.passed ? 'good_fit' : 'failed',
    reward: undefined,
    truth: undefined,
    note: said.summary,
    principal: 'user',
  });
}
