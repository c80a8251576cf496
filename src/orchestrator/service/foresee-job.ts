import { requireModel } from '../../catalog/create-catalog.ts';
import { planBill } from '../../decisions/plan-bill.ts';
import { toDecideInput } from '../../decisions/to-decide-input.ts';
import type { ModelId } from '../../domain/ids.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { StepKind } from '../../domain/step.ts';
import { guessStepKind } from '../../predict/features/step-kind-rules.ts';
import { parseJobRequest, type JobRequest } from '../model/job-request.ts';
import type { JobServices } from '../model/job-run.ts';
import type { JobForesight } from '../model/pointsman.ts';
import { whyOf } from '../model/why-phrase.ts';
import { realWorkspace } from './real-workspace.ts';
import { openAdvice } from './route-step.ts';

/** What a job is made of that nobody has planned yet, by what its task asks for. */
const USUAL_STEPS: Readonly<Record<StepKind, readonly StepKind[]>> = {
  plan: ['plan', 'summarize'],
  code: ['plan', 'code', 'review', 'summarize'],
  review: ['plan', 'review', 'summarize'],
  test: ['plan', 'code', 'test', 'summarize'],
  summarize: ['plan', 'summarize'],
  explore: ['plan', 'explore', 'summarize'],
  other: ['plan', 'code', 'review', 'summarize'],
};

/**
 * Where the usual steps of such a job would go and what they should bill. No model is asked, nothing is recorded, and no job is
 * begun: the plan that a model makes may have other steps.
 */
export async function foreseeJob(
  services: JobServices,
  asked: JobRequest,
  policyOf: (request: JobRequest) => RouterPolicy,
): Promise<JobForesight> {
  const request = parseJobRequest(asked);
  await realWorkspace(request.workspace);
  const [first = 'plan', ...following] = USUAL_STEPS[guessStepKind(request.task, []).kind];
  const { reader: _asksNobody, ...plain } = policyOf(request);
  const { byKind, ...among } = namedModels(services, request, [first, ...following]);
  const policy = { ...plain, kindModels: { ...plain.kindModels, ...byKind } };
  const advice = { text: request.task, kind: first, nextKinds: following, ...among };
  const bill = planBill(toDecideInput(await openAdvice(services, advice, { policy, id: 'foreseen' })), services.decide);
  return {
    steps: [first, ...following].map((kind, at) => {
      const planned = bill.steps[at];
      return {
        kind,
        model: planned?.model,
        mode: planned?.mode,
        why: planned === undefined ? (bill.stoppedAt?.hints[0] ?? 'no model is eligible') : whyOf(planned.route),
        expectedNanoUsd: planned?.billNanoUsd,
      };
    }),
    expectedNanoUsd: bill.expectedNanoUsd,
    lowNanoUsd: bill.lowNanoUsd,
    highNanoUsd: bill.highNanoUsd,
    label: 'modelled',
  };
}

interface NamedModels {
  readonly byKind: Partial<Record<StepKind, readonly ModelId[]>>;
  /** What the steps choose among. Absent: nothing was named. */
  readonly models?: readonly string[];
}

/** The models that the user named for kinds of steps, or for all. @throws PointsmanError `not-found` */
function namedModels({ catalog, pool }: JobServices, request: JobRequest, kinds: readonly StepKind[]): NamedModels {
  const names = kinds.flatMap((kind) => {
    const name = request.stepModels?.[kind] ?? request.model;
    return name === undefined ? [] : [[kind, requireModel(catalog, name).id] as const];
  });
  if (names.length === 0) return { byKind: {} };
  const others = names.length === kinds.length ? [] : (pool.length > 0 ? pool : catalog.models).map(({ id }) => id);
  return {
    byKind: Object.fromEntries(names.map(([kind, id]) => [kind, [id]])),
    models: [...new Set([...names.map(([, id]) => id), ...others])],
  };
}
