import type { Catalog } from '../../catalog/catalog.ts';
import { exampleInput } from '../../decisions/example-input.ts';
import type { Decision } from '../../domain/decision.ts';
import type { Model } from '../../domain/model.ts';
import { roundNanoUsd, sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { STEP_KINDS } from '../../domain/step.ts';
import { dialScale } from '../../policy/dial-scale.ts';
import type { PolicyExample } from '../../policy/policy-file.ts';
import { logit, sigmoid } from '../../predict/item-response.ts';
import { priorEstimate } from '../../predict/prior-predictor.ts';
import { NO_EVIDENCE } from '../../predict/step-features.ts';
import { KIND_SIZES } from '../../predict/step-sizes.ts';
import { decide } from '../../router/decide.ts';

export interface DialCalibration {
  readonly factors: readonly number[];
  readonly mixCount: number;
  readonly stepCount: number;
  /** At each notch: what the steps are expected to bill, and how many each model takes. */
  readonly notches: readonly { readonly billNanoUsd: NanoUsd; readonly mix: Readonly<Record<string, number>> }[];
}

/** Easier than the kind's middle, the middle, harder: on the logit scale of success. */
const DIFFICULTY_SHIFTS = [1.2, 0, -1.2];

/**
 * Measures the dial on a pool: every kind of step, easy, middling and hard, with and without tests, each in a fresh
 * session with the success that the catalogue's figures predict. Modelled, not recorded.
 */
export function calibrateDial(policy: RouterPolicy, models: readonly Model[], catalog: Catalog): DialCalibration {
  const steps = STEP_KINDS.flatMap((kind) =>
    DIFFICULTY_SHIFTS.flatMap((shift) =>
      [false, true].map((checkedByTests) => stepOf(models, { kind, shift, checkedByTests })),
    ),
  );
  const inputs = steps.map((step) => exampleInput(step, { ...policy, dial: 5 }, catalog));
  const decideAt = (factor: number): readonly Decision[] => {
    const dialled = { ...policy, dial: 5, dialFactors: Array.from({ length: 11 }, () => factor) };
    return inputs.map((input) => decide({ ...input, policy: dialled }));
  };
  const { factors, mixCount } = dialScale((factor) => decideAt(factor).map(choiceOf).join('|'));
  const notches = factors.map((factor) => notchOf(decideAt(factor)));
  return { factors, mixCount, stepCount: steps.length, notches };
}

function stepOf(
  models: readonly Model[],
  at: { readonly kind: (typeof STEP_KINDS)[number]; readonly shift: number; readonly checkedByTests: boolean },
): PolicyExample {
  const { callCount, outputTokensPerCall } = KIND_SIZES[at.kind];
  const success = models.map((model) => {
    const { successRatio } = priorEstimate({ kind: at.kind, evidence: NO_EVIDENCE }, model);
    return [model.id, sigmoid(logit(successRatio) + at.shift)] as const;
  });
  return {
    say: `${at.kind} at difficulty ${at.shift}`,
    given: {
      kind: at.kind,
      models: models.map((model) => model.id),
      success: Object.fromEntries(success),
      callCount,
      outputTokensPerCall,
      checkedByTests: at.checkedByTests,
    },
    expect: { decision: 'switch' },
  };
}

const choiceOf = (decision: Decision): string => (decision.kind === 'refuse' ? 'refused' : decision.to);

function notchOf(decisions: readonly Decision[]): DialCalibration['notches'][number] {
  const mix: Record<string, number> = {};
  for (const decision of decisions) mix[choiceOf(decision)] = (mix[choiceOf(decision)] ?? 0) + 1;
  const bills = decisions.map((decision) => {
    const [row] = decision.candidates;
    return row === undefined ? toNanoUsd(0) : roundNanoUsd(row.billNanoUsd + row.ladderNanoUsd);
  });
  return { billNanoUsd: sumNanoUsd(bills), mix };
}
