import { complianceGaps } from '../catalog/compliance-gaps.ts';
import { isNamedIn, type Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';

/** Something about a policy that is not wrong in itself but will refuse work with the models at hand. */
export interface PolicyWarning {
  readonly code: 'no-compliant-model' | 'no-tool-model' | 'one-family';
  readonly message: string;
  readonly hint: string;
}

/** What this policy cannot do with these models; they may be the whole catalogue or only those with a key. Pure. */
export function policyWarnings(policy: RouterPolicy, models: readonly Model[]): readonly PolicyWarning[] {
  const compliant = admittedBy(policy, models);
  if (compliant.length === 0) {
    return [
      {
        code: 'no-compliant-model',
        message: `Policy "${policy.id}": none of the ${models.length} models meets its demands, so it refuses every step.`,
        hint: 'Add an endpoint that meets them, or state in the configuration what yours has agreed to.',
      },
    ];
  }
  const warnings: PolicyWarning[] = [];
  if (!compliant.some((model) => model.toolCalling)) {
    warnings.push({
      code: 'no-tool-model',
      message: `Policy "${policy.id}": no model that meets its demands can call tools.`,
      hint: 'Steps with tools are refused under it; admit a model that calls tools.',
    });
  }
  if (policy.reviewerOtherFamily && new Set(compliant.map((model) => model.family)).size === 1) {
    warnings.push({
      code: 'one-family',
      message: `Policy "${policy.id}" wants reviewers of another family, but only one family meets its demands.`,
      hint: 'Reviews of code that a model wrote are refused; add a second family or lift the rule.',
    });
  }
  return warnings;
}

/** Models that the policy's lists and demands let through, whatever the step. */
export function admittedBy(policy: RouterPolicy, models: readonly Model[]): readonly Model[] {
  return models.filter(
    (model) =>
      (policy.allowModels === undefined || isNamedIn(policy.allowModels, model)) &&
      !isNamedIn(policy.denyModels, model) &&
      complianceGaps(model.compliance, policy.compliance).length === 0,
  );
}
