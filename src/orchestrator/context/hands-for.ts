import type { HandName, StepKind } from '../../domain/step.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';

/**
 * Which harness takes a step, as the run says, else its policy, else the configuration; `undefined`: the job's own loop does.
 * Plans, thoughts and summaries are always its own.
 */
export function handsFor(
  { entry, policy, services }: HandsSource,
  { kind }: Pick<JobStep, 'kind'>,
): HandName | undefined {
  if (kind === 'plan' || kind === 'summarize') return undefined;
  const choices = [entry.request.hands, policy.hands, services.defaultHands];
  const chosen = choices
    .map((choice) => (typeof choice === 'object' ? choice[kind] : choice))
    .find((hand) => hand !== undefined);
  return chosen === undefined || chosen === 'own' ? undefined : chosen;
}

interface HandsSource {
  readonly entry: Pick<JobRun['entry'], 'request'>;
  readonly policy: Pick<JobRun['policy'], 'hands'>;
  readonly services: Pick<JobRun['services'], 'defaultHands'>;
}

/** Every harness that a plan of steps of these kinds may need. */
export function handsOfKinds(source: HandsSource, kinds: Iterable<StepKind>): readonly HandName[] {
  const names = [...kinds].map((kind) => handsFor(source, { kind }));
  return [...new Set(names)].filter((name) => name !== undefined);
}
