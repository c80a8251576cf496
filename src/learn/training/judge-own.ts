import type { Model } from '../../domain/model.ts';
import type { StepKind } from '../../domain/step.ts';
import { abilityKey, type PredictorArtifact } from '../../predict/artifact.ts';
import { NO_EVIDENCE, type StepFeatures } from '../../predict/features/step-features.ts';
import { createLearnedPredictor } from '../../predict/learned-predictor.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { FOLDS } from './cross-fit.ts';
import { fitAbilities, kindOfTask, OWN_SOURCE } from './fit-abilities.ts';
import { areaUnderCurve, brierScore, calibrationError } from './metrics-probability.ts';
import { ontoBase } from './onto-base.ts';
import type { OutcomeRow } from './outcome-row.ts';

/** Two artifacts on the same own steps: the one in use, and the same with what the other steps taught. */
export interface JudgedOwn {
  readonly stepCount: number;
  readonly inUse: OwnFigures;
  readonly learned: OwnFigures;
}

export interface OwnFigures {
  readonly auc: number;
  readonly brier: number;
  readonly ece: number;
}

/**
 * P(success) of each own step against what came of it, by the artifact in use and by what training adds to it, out of fold.
 * `undefined`: no own step names a model of the catalogue.
 */
export async function judgeOwn(
  rows: readonly OutcomeRow[],
  inUse: PredictorArtifact,
  models: readonly Model[],
): Promise<JudgedOwn | undefined> {
  const byKey = new Map(models.map((model) => [abilityKey(model.id), model]));
  const steps = rows.flatMap((row) => {
    const [[name, outcome] = []] = Object.entries(row.outcomes);
    const [model, kind] = [byKey.get(abilityKey(name ?? '')), kindOfTask(row.taskType)];
    if (row.source !== OWN_SOURCE || model === undefined || kind === undefined || outcome === undefined) return [];
    return [{ row, model, kind, score: outcome.score, fold: foldOf(row.id, FOLDS) }];
  });
  if (steps.length === 0) return undefined;
  const before = createLearnedPredictor(inUse);
  const after = Array.from({ length: FOLDS }, (_, fold) => {
    const abilities = fitAbilities(steps.filter((step) => step.fold !== fold).map(({ row }) => row));
    const learned = { ...inUse, abilities, sources: [], heads: {}, gates: {}, figures: {} };
    return createLearnedPredictor({ ...ontoBase(learned, inUse), sha256: '' });
  });
  const [old, fresh]: [number[], number[]] = [[], []];
  for (const { kind, model, fold } of steps) {
    old.push(await chanceOf(before, kind, model));
    fresh.push(await chanceOf(after[fold] ?? before, kind, model));
  }
  const scores = steps.map(({ score }) => score);
  return { stepCount: steps.length, inUse: judge(old, scores), learned: judge(fresh, scores) };
}

function judge(predicted: readonly number[], actual: readonly number[]): OwnFigures {
  return {
    auc: areaUnderCurve(predicted, actual),
    brier: brierScore(predicted, actual),
    ece: calibrationError(predicted, actual),
  };
}

async function chanceOf(
  predictor: ReturnType<typeof createLearnedPredictor>,
  kind: StepKind,
  model: Model,
): Promise<number> {
  const { estimates } = await predictor.quality(featuresOf(kind), [model]);
  return estimates[0]?.successRatio ?? Number.NaN;
}

/** A planned step of a kind and nothing more. */
function featuresOf(kind: StepKind): StepFeatures {
  return {
    v: 1,
    text: '',
    kind,
    kindConfidenceRatio: 1,
    trigger: 'user',
    evidence: NO_EVIDENCE,
    structure: {
      position: 0,
      plannedStepCount: 1,
      artifactTokens: 0,
      requiredToolCount: 0,
      requiresWrite: false,
      transcriptTokens: 0,
    },
  };
}
