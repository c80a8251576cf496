import type { RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { AttemptResult } from './upstream-end.ts';

/**
 * Records how a call's step was routed, when its fate is known. A call that fails as another one did in the last minute refers
 * to the decision of that one, so that an outage does not fill the disk with tables; its own is recorded should its step be
 * answered after all.
 */
export function recordDecision(core: GatewayCore, call: RoutedCall, result: AttemptResult): void {
  const { step } = call.routed;
  const { unrecorded } = step;
  if (unrecorded === undefined) return;
  const { decisionId } = unrecorded.decision;
  const failure = { decisionId, policyId: call.policy.id, model: step.model, why: whyOf(result) };
  const by = { principal: call.principal.tenant, now: call.startedAt };
  const earlier = result.kind === 'answered' ? undefined : core.refusals.sameFailure(failure, by);
  step.decisionId = earlier ?? decisionId;
  if (earlier !== undefined) return;
  step.unrecorded = undefined;
  core.deps.recorder.writeStep(unrecorded);
}

function whyOf(result: AttemptResult): string {
  switch (result.kind) {
    case 'answered':
      return 'answered';
    case 'refused':
      return `status ${result.status}`;
    case 'failed':
      return result.error.code;
  }
}
