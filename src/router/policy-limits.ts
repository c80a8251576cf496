import { complianceGaps } from '../catalog/compliance-gaps.ts';
import type { Rejection, RejectionCode } from '../domain/decision.ts';
import { isNamedIn, type Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind, StepMode } from '../domain/step.ts';
import { ratesOf } from './model-rates.ts';

/** Limits that hold for every step of the session. */
export function rejectAlways(policy: RouterPolicy, model: Model): Rejection | undefined {
  if (policy.allowModels !== undefined && !isNamedIn(policy.allowModels, model)) {
    return reject(model, 'not-allowed', `The policy "${policy.id}" allows only the models it lists.`);
  }
  if (isNamedIn(policy.denyModels, model)) {
    return reject(model, 'denied', `The policy "${policy.id}" denies it.`);
  }
  for (const _ in policy.compliance) {
    const gaps = complianceGaps(model.compliance, policy.compliance);
    if (gaps.length > 0) return reject(model, 'compliance', `At ${model.endpoint}: ${gaps.join('; ')}.`);
    break;
  }
  // Last, because a caller who names the model overrules this one and none of the others.
  return ratesOf(model).isPriced ? undefined : reject(model, 'no-price', 'Its prices are missing or not numbers.');
}

/** The policy's list of models for a kind of step. */
export function rejectForKind(policy: RouterPolicy, model: Model, kind: StepKind): Rejection | undefined {
  const only = policy.kindModels[kind];
  return only === undefined || isNamedIn(only, model)
    ? undefined
    : reject(model, 'kind-not-allowed', `The policy gives ${kind} steps to ${only.join(', ')} only.`);
}

export function reject(model: Model, code: RejectionCode, why: string, mode?: StepMode): Rejection {
  return { model: model.id, mode, code, why };
}
