import { learnedLines } from '../../decisions/learned-lines.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import { explainDecision, explainShadows } from '../../router/explain/explain.ts';
import type { JobServices } from '../model/job-run.ts';
import type { OutcomeRequest, Pointsman } from '../model/pointsman.ts';
import { answerWhyNot } from './answer-why-not.ts';

/** Decisions as they were recorded, why they were made, and what came of them. */
export function recordedDecisions(
  services: JobServices,
): Pick<Pointsman, 'decision' | 'explainDecision' | 'recordOutcome' | 'outcomes'> {
  const { recorder, catalog } = services;
  const stepOf = (decisionId: string): Promise<StepRecord> => requireStep(services, decisionId);
  return {
    decision: stepOf,
    explainDecision: async (decisionId, asked = {}) => {
      const step = await stepOf(decisionId);
      const learned = learnedLines(step, services.decide);
      const text = explainDecision(step.decision, step.input, { all: asked.all ?? false, learned });
      const shadows = step.shadows.length === 0 ? '' : `\n\n${explainShadows(step.decision, step.shadows)}`;
      const tools = step.toolList === undefined ? '' : `\n\nTools of its own context: ${step.toolList.why}`;
      const whyNot = asked.whyNot === undefined ? '' : `\n\n${answerWhyNot(step, asked.whyNot, catalog)}`;
      return { decisionId, decision: step.decision, text: `${text}${shadows}${tools}${whyNot}` };
    },
    recordOutcome: async (request) => {
      await stepOf(request.decisionId);
      const outcome = toOutcome(request, services.clock());
      recorder.writeOutcome(outcome);
      await recorder.flush();
      services.beliefs.noticeRecords();
      return outcome;
    },
    outcomes: async (limits = {}) => {
      await recorder.flush();
      return recorder.outcomes({ limit: limits.limit ?? 100 });
    },
  };
}

async function requireStep(services: JobServices, decisionId: string): Promise<StepRecord> {
  await services.recorder.flush();
  const step = await services.recorder.step(asId(decisionId));
  if (step !== undefined) return step;
  const known = await decisionsNear(services, decisionId);
  throw new PointsmanError('not-found', `There is no decision "${decisionId}".${didYouMean(decisionId, known)}`, {
    hint: 'See pointsman explain JOB for the decisions of a job.',
  });
}

/** The decisions of the job that an id begins with, or of the latest job. */
async function decisionsNear({ journal, recorder }: JobServices, decisionId: string): Promise<readonly string[]> {
  const named = await journal.job(asId<JobId>(decisionId.split('.')[0] ?? ''));
  const entry = named ?? (await journal.jobs(1))[0];
  const steps = entry === undefined ? [] : await recorder.steps(entry.jobId);
  return steps.map((step) => step.decision.decisionId);
}

function toOutcome(request: OutcomeRequest, at: number): OutcomeRecord {
  return {
    v: 1,
    decisionId: request.decisionId,
    at,
    verdict: request.verdict,
    reward: request.reward,
    truth: request.truth,
    note: request.note,
    principal: request.principal ?? 'user',
  };
}
