import { crossFit } from '../../src/learn/training/cross-fit.ts';
import { doNoHarmGate } from '../../src/learn/training/do-no-harm.ts';
import { GAMMAS_USD } from '../../src/learn/training/metrics-bill.ts';
import { predictLinear, type LinearModel } from '../../src/stats/ridge.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';
import { envelope, modelOutcome } from './outcome-policies.ts';
import type { Policy, Trial } from './trial.ts';

const PENALTY = 30;

/**
 * Prompt-only choice behind the do-no-harm gate: ridge from the text's embedding to each model's score and cost. Inside the
 * training rows it is tried out of fold against the best single model; unless it wins beyond noise there, it never acts.
 */
export const gatedText: Policy = (trial) => {
  const tried = trial.train.map((_, index) => index);
  const inner: Trial = { ...trial, test: [] };
  const corrected = GAMMAS_USD.map(() => new Float64Array(tried.length));
  const reference = GAMMAS_USD.map(() => new Float64Array(tried.length));
  for (let fold = 0; fold < 4; fold += 1) {
    const held = trial.train
      .map((task, index) => [task, index] as const)
      .filter(([task]) => foldOf(trial.matrix.tasks[task]?.id ?? '', 4, 'gate') === fold);
    const rest = trial.train.filter((task) => foldOf(trial.matrix.tasks[task]?.id ?? '', 4, 'gate') !== fold);
    const part = { ...inner, train: rest };
    const [byText, single] = [textPolicy(part), envelope(part)];
    for (const [task, index] of held) {
      for (const [gamma, gammaUsd] of GAMMAS_USD.entries()) {
        for (const [policy, bills] of [
          [byText, corrected[gamma]],
          [single, reference[gamma]],
        ] as const) {
          const outcome = policy(task, gammaUsd);
          if (bills !== undefined) bills[index] = outcome.costUsd + gammaUsd * outcome.wrongRatio;
        }
      }
    }
  }
  return doNoHarmGate({ bills: corrected }, { bills: reference }).open ? textPolicy(trial) : envelope(trial);
};

/** The same without the gate, to show what the gate is for. */
export const ungatedText: Policy = (trial) => textPolicy(trial);

function textPolicy(trial: Trial): ReturnType<Policy> {
  const model = fitText(trial);
  const predicted = new Map<number, readonly { readonly costUsd: number; readonly wrongRatio: number }[]>();
  const modelCount = trial.matrix.models.length;
  return (task, gammaUsd) => {
    let options = predicted.get(task);
    if (options === undefined) {
      const row = trial.vectorOf(task) ?? [];
      options = trial.matrix.models.map((_, index) => ({
        wrongRatio: 1 - Math.min(1, Math.max(0, predictLinear(model, index, row))),
        costUsd: Math.exp(predictLinear(model, modelCount + index, row)),
      }));
      predicted.set(task, options);
    }
    const bills = options.map((option) => option.costUsd + gammaUsd * option.wrongRatio);
    return modelOutcome(trial, task, bills.indexOf(Math.min(...bills)));
  };
}

function fitText(trial: Trial): LinearModel {
  const rows = trial.train.map((task) => ({
    vector: trial.vectorOf(task) ?? [],
    targets: [...(trial.matrix.score[task] ?? []), ...Array.from(trial.matrix.costUsd[task] ?? [], Math.log)],
    fold: 0,
    copies: 1,
  }));
  return crossFit(rows, 0, PENALTY).full;
}
