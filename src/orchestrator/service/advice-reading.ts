import type { ReadingContext } from '../../decisions/ask-model.ts';
import { readingMaker } from '../../decisions/make-reading.ts';
import { asId, type CallId, type SessionId, type StepId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { At } from '../../domain/time.ts';
import type { RiskReading } from '../../predict/risk-reader.ts';
import type { JobServices } from '../model/job-run.ts';

/** The step that advice is asked for. */
interface AdvisedStep {
  readonly policy: RouterPolicy;
  readonly models: readonly Model[];
  readonly risk: RiskReading;
  readonly now: At;
  readonly sessionId: SessionId;
  readonly stepId: StepId;
}

/** Advice runs nothing: the one call it may bill is that which its policy asks a model what the step needs with. It is recorded. */
export function adviceReading(services: JobServices, step: AdvisedStep): ReadingContext | undefined {
  const { policy, models, risk, now, sessionId, stepId } = step;
  if (policy.reader === undefined) return undefined;
  const callable = new Set(services.pool.map((model) => model.id));
  const make = readingMaker({
    callModel: services.callModel,
    now: services.clock,
    begin: () => Promise.resolve({ callId: asId<CallId>(`${stepId}/reader`), jobId: undefined, sessionId, stepId }),
    end: ({ record }) => {
      services.recorder.writeCall(services.redactor.record(record));
    },
  });
  return {
    scope: 'advice',
    policy,
    models: models.filter((model) => callable.has(model.id)),
    risk: risk.risk,
    leftNanoUsd: policy.budget.stepNanoUsd,
    now,
    make,
  };
}
