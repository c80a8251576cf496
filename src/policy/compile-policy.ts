import type { Catalog } from '../catalog/catalog.ts';
import { asId, type ModelId, type PolicyId } from '../domain/ids.ts';
import { nanoFromUsd, type NanoUsd } from '../domain/money.ts';
import type { RiskRule, RouterPolicy } from '../domain/router-policy.ts';
import { STEP_KINDS, type StepKind, type StepMode } from '../domain/step.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import { admittedModels, checkNames } from './admitted-models.ts';
import { READER_SECONDS, READER_USD, type ParsedPolicy } from './policy-file.ts';
import { faultAt } from './yaml-document.ts';

/**
 * A policy with everything resolved against this catalogue: ids checked, families spelled out, USD as whole nano-USD.
 * What is impossible in itself (a step's budget above the job's, lists that leave no model) is an error here; what is
 * only impossible with the models at hand is a warning of `policyWarnings`. Pure.
 * @throws PointsmanError `policy-invalid` with file, line and rule
 */
export function compilePolicy(parsed: ParsedPolicy, catalog: Catalog): RouterPolicy {
  checkNames(parsed, catalog);
  checkBudget(parsed);
  const { policy } = parsed;
  const admitted = admittedModels(parsed, catalog);
  return {
    id: asId<PolicyId>(policy.id),
    version: policy.version,
    mode: policy.mode,
    dial: policy.dial,
    ...(policy.dialFactors === undefined ? {} : { dialFactors: policy.dialFactors }),
    frontierPenaltyRatio: policy.frontierPenaltyRatio,
    failureNanoUsd: mapKinds((kind) => nanoFromUsd(policy.failureUsd[kind])),
    stakesFactors: [policy.stakesFactors.minutes, policy.stakesFactors.hours, policy.stakesFactors.harm],
    waitingNanoUsdPerSecond: nanoFromUsd(policy.waitingUsdPerSecond),
    familyMarginNanoUsd: nanoFromUsd(policy.guards.familyMarginUsd),
    maxOverheadRatio: policy.guards.maxOverheadRatio,
    ...(policy.guards.strictOverhead === true ? { strictOverhead: true } : {}),
    reviewerOtherFamily: policy.guards.reviewerOtherFamily,
    ...(policy.guards.maxUpgradeRatio === undefined ? {} : { maxUpgradeRatio: policy.guards.maxUpgradeRatio }),
    ...readerRule(parsed, admitted.isAdmitted),
    ...(policy.textGates === 'shut' ? { textGates: 'shut' as const } : {}),
    ...(policy.risk === undefined ? {} : { risk: riskRule(parsed, admitted.isAdmitted) }),
    escalationCooldownMs: Math.round(policy.guards.escalationCooldownMinutes * MINUTE_MS),
    allowModels: admitted.allow,
    denyModels: admitted.deny,
    kindModels: kindModels(parsed, admitted.isAdmitted),
    kindModes: kindModes(parsed),
    compliance: policy.compliance,
    budget: { jobNanoUsd: optionalNano(policy.budget.jobUsd), stepNanoUsd: optionalNano(policy.budget.stepUsd) },
    ladder: policy.ladder,
    lookahead: policy.lookahead,
    keepAlive: policy.keepAlive,
    pingOverheadRatio: policy.guards.pingOverheadRatio,
    ...(policy.responseCache === 'semantic' ? { semanticCache: true } : {}),
    ...(policy.hands === undefined ? {} : { hands: policy.hands }),
    ...(policy.parallelAttempts === 'off' ? { parallelAttempts: 'off' as const } : {}),
  };
}

function checkBudget({ policy, document }: ParsedPolicy): void {
  const { jobUsd, stepUsd } = policy.budget;
  if (jobUsd !== undefined && stepUsd !== undefined && stepUsd > jobUsd) {
    throw faultAt(document, ['budget', 'stepUsd'], `one step may cost ${stepUsd} USD, but the whole job ${jobUsd}.`);
  }
}

function readerRule(
  { policy, document }: ParsedPolicy,
  isAdmitted: (id: string) => boolean,
): Pick<RouterPolicy, 'reader'> {
  const { reader } = policy;
  if (reader === 'local') return {};
  const { model, maxStepUsd, maxWaitSeconds } =
    reader === 'model' ? { model: undefined, maxStepUsd: READER_USD, maxWaitSeconds: READER_SECONDS } : reader;
  if (model !== undefined && !isAdmitted(model)) {
    throw faultAt(document, ['reader', 'model'], `"${model}" is not admitted by "models", so it may not read words.`);
  }
  return {
    reader: {
      ...(model === undefined ? {} : { model: asId<ModelId>(model) }),
      maxStepNanoUsd: nanoFromUsd(maxStepUsd),
      maxWaitMs: Math.round(maxWaitSeconds * SECOND_MS),
    },
  };
}

function riskRule({ policy, document }: ParsedPolicy, isAdmitted: (id: string) => boolean): RiskRule {
  const { mode = 'watch', models } = policy.risk ?? {};
  if (models === undefined) return { mode };
  if (!models.some(isAdmitted)) {
    throw faultAt(document, ['risk', 'models'], 'none of these is admitted by "models", so no risky step could run.');
  }
  return { mode, models: models.map((id) => asId<ModelId>(id)) };
}

function kindModels(
  { policy, document }: ParsedPolicy,
  isAdmitted: (id: string) => boolean,
): Readonly<Partial<Record<StepKind, readonly ModelId[]>>> {
  const rules: Partial<Record<StepKind, readonly ModelId[]>> = {};
  for (const kind of STEP_KINDS) {
    const models = policy.kinds[kind]?.models;
    if (models === undefined) continue;
    if (!models.some(isAdmitted)) {
      throw faultAt(
        document,
        ['kinds', kind, 'models'],
        `none of these is admitted by "models", so no ${kind} step could run.`,
      );
    }
    rules[kind] = models.map((id) => asId<ModelId>(id));
  }
  return rules;
}

function kindModes({ policy }: ParsedPolicy): Readonly<Partial<Record<StepKind, readonly StepMode[]>>> {
  const rules: Partial<Record<StepKind, readonly StepMode[]>> = {};
  for (const kind of STEP_KINDS) {
    const modes = policy.kinds[kind]?.modes;
    if (modes !== undefined) rules[kind] = modes;
  }
  return rules;
}

const optionalNano = (usd: number | undefined): NanoUsd | undefined =>
  usd === undefined ? undefined : nanoFromUsd(usd);

function mapKinds<Value>(value: (kind: StepKind) => Value): Readonly<Record<StepKind, Value>> {
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, value(kind)])) as Record<StepKind, Value>;
}
