import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import {
  DIFFICULTIES,
  NEED_SIZES,
  NEED_VALUES,
  STAKES,
  declaredPart,
  type SaidNeed,
  type StepNeed,
} from '../../src/domain/need.ts';
import { STEP_KINDS } from '../../src/domain/step.ts';
import { withSaid } from '../../src/predict/asking/said-need.ts';
import { jointNeed } from '../../src/predict/joint-need.ts';
import { judgedCosts, openGap, statedPolicy, type NeedJudge } from './bill-figures.ts';
import { declaredStep, routeSteps, type ReadStep, type StepLabels } from './route-stream.ts';

const schema = z.object({
  id: z.string(),
  kind: z.enum(STEP_KINDS),
  size: z.enum(NEED_SIZES),
  difficulty: z.literal(DIFFICULTIES),
  stakes: z.literal(STAKES),
});

/** What a second person said of some of the rows, without seeing the first one's labels. */
export function readSecondLabels(file: string): ReadonlyMap<string, SaidNeed> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      if (line.trim() === '') return [];
      const { id, ...said } = schema.parse(JSON.parse(line));
      return [[id, said] as const];
    }),
  );
}

/** A step that two people labelled: the first one's labels are taken for what is so. */
export interface TwiceLabelled {
  readonly step: ReadStep;
  readonly second: SaidNeed;
}

/**
 * How much of the gap could be closed at all. `calibrated`: if every reading were right as often as it says. `second`:
 * if a second person read the steps, believed as far as careful people agree; `second.declared`: taken at the word.
 */
export async function ceilingFigures(
  pool: string,
  models: readonly string[],
  { steps, twice, judge }: { steps: readonly ReadStep[]; twice: readonly TwiceLabelled[]; judge: NeedJudge },
): Promise<Figures> {
  const firsts = twice.map(({ step }) => step);
  const said = twice.map(({ step, second }) => ({ ...step, need: withSaid(step.need, second) }));
  const declared = twice.map(({ step, second }) => declaredStep({ ...step, labels: second }));
  const closed = async (truth: readonly ReadStep[], read: readonly ReadStep[]): Promise<Figure> => {
    const gap = await openGap(truth, models, judge);
    const value = gap.closedPct(await routeSteps(read, models, statedPolicy()));
    return { value, unit: '%', n: truth.length, against: 45, label: 'modelled' };
  };
  const ofSecond =
    twice.length === 0
      ? {}
      : {
          [`need.ceiling.${pool}.second.gap_closed.pct`]: await closed(firsts, said),
          [`need.ceiling.${pool}.second.declared.gap_closed.pct`]: await closed(firsts, declared),
        };
  const calibrated = await calibratedPct(steps, models, judge);
  return {
    [`need.ceiling.${pool}.calibrated.gap_closed.pct`]: {
      value: calibrated,
      unit: '%',
      n: steps.length,
      against: 45,
      label: 'modelled',
    },
    ...ofSecond,
  };
}

/**
 * What is expected to be closed by the choices for these readings if each were right as often as it says. Bills are those of a step of
 * usual length of each kind and size.
 */
async function calibratedPct(steps: readonly ReadStep[], models: readonly string[], judge: NeedJudge): Promise<number> {
  const costs = await costTable(models, judge);
  const chosen = (await routeSteps(steps, models, statedPolicy())).map(({ model }) => models.indexOf(model ?? ''));
  const fixed = models.map(() => 0);
  let [ours, known] = [0, 0];
  for (const [index, { need }] of steps.entries()) {
    const joint = jointNeed(need);
    for (const [cell, row] of costs.entries()) {
      const ratio = joint[cell] ?? 0;
      for (const [model, cost] of row.entries()) fixed[model] = (fixed[model] ?? 0) + ratio * cost;
      ours += ratio * (row[chosen[index] ?? 0] ?? 0);
      known += ratio * Math.min(...row);
    }
  }
  const best = Math.min(...fixed);
  return (100 * (best - ours)) / (best - known);
}

/** USD of each place in a joint need on each model, in its order: kind, difficulty, stakes, size. */
async function costTable(models: readonly string[], judge: NeedJudge): Promise<readonly (readonly number[])[]> {
  const { kind: kinds, size: sizes } = NEED_VALUES;
  const cells = kinds.flatMap((kind) =>
    DIFFICULTIES.flatMap((difficulty) =>
      STAKES.flatMap((stakes) => sizes.map((size): StepLabels => ({ kind, difficulty, stakes, size }))),
    ),
  );
  const steps = cells.map((labels) => declaredStep({ text: USUAL_TEXT, labels, need: NOTHING_READ }));
  const routed = await routeSteps(steps, models, statedPolicy());
  return routed.map((one) => {
    const costs = judgedCosts(one, judge);
    return models.map((model) => costs.get(model) ?? Number.POSITIVE_INFINITY);
  });
}

const USUAL_TEXT = 'x'.repeat(120);
const NOTHING_READ: StepNeed = {
  v: 1,
  kind: declaredPart('kind', 'code'),
  size: declaredPart('size', 'few'),
  difficulty: declaredPart('difficulty', 1),
  stakes: declaredPart('stakes', 1),
  origin: 'person',
  grounds: [],
};
