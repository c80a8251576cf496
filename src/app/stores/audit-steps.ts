import type { AuditWish } from '../../audit/audit-entry.ts';
import type { AuditTrail } from '../../audit/audit-trail.ts';
import { complianceProof } from '../../catalog/compliance-gaps.ts';
import { toPointsmanError, type PointsmanError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/time.ts';
import type { StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';

/** How long steps wait to be appended together. */
const GATHER_MS = SECOND_MS / 2;
/** Steps that are held while the trail cannot be written; each of them is recorded all the same. */
const MOST_WAITING = 10_000;
/** A step is written again with its outcome. */
const MOST_KNOWN = 10_000;

/**
 * The same recorder; under a policy that demands something of endpoints, what proved that a step's endpoint meets it goes on the audit
 * trail, behind the step.
 */
export function auditSteps(
  recorder: Recorder,
  trail: AuditTrail,
  onWriteError: (error: PointsmanError) => void,
): Recorder {
  const known = new Set<string>();
  let waiting: AuditWish[] = [];
  let timer: NodeJS.Timeout | undefined;
  let appending = Promise.resolve();
  const appendWaiting = async (): Promise<void> => {
    const wishes = waiting;
    waiting = [];
    try {
      await trail.append(wishes);
    } catch (thrown) {
      waiting = [...wishes, ...waiting].slice(-MOST_WAITING);
      onWriteError(toPointsmanError(thrown, 'record-unwritable'));
    }
  };
  const append = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    appending = appending.then(appendWaiting);
    return appending;
  };
  return {
    ...recorder,
    writeStep: (step) => {
      recorder.writeStep(step);
      const wish = known.has(step.decision.decisionId) ? undefined : wishOf(step);
      if (wish === undefined) return;
      known.add(step.decision.decisionId);
      for (const oldest of known) {
        if (known.size <= MOST_KNOWN) break;
        known.delete(oldest);
      }
      waiting.push(wish);
      timer ??= setTimeout(() => void append(), GATHER_MS).unref();
    },
    flush: async () => {
      await append();
      await recorder.flush();
    },
    close: async () => {
      await append();
      await trail.close();
      await recorder.close();
    },
  };
}

function wishOf({ decision, input, jobId }: StepRecord): AuditWish | undefined {
  const { policy, models } = input;
  const [chosen] = decision.candidates;
  const model = models.find(({ id }) => id === chosen?.model);
  const actor = jobId === undefined ? 'gateway' : `job ${jobId}`;
  const about = { actor, subject: decision.decisionId } as const;
  if (decision.kind === 'refuse' || model === undefined) {
    const out = decision.rejected.filter(({ code }) => code === 'compliance');
    if (out.length === 0) return undefined;
    return { act: 'step-refused', ...about, detail: { policy: policy.id, endpointsOut: out.length } };
  }
  const proof = complianceProof(model.compliance, policy.compliance);
  if (proof === undefined) return undefined;
  return {
    act: 'step-admitted',
    ...about,
    detail: { policy: policy.id, model: model.id, endpoint: model.endpoint, proof },
  };
}
