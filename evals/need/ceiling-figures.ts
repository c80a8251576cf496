import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import {
  DIFFICULTIES,
  NEED_SIZES,
  NEED_VALUES,
  STAKES,
  type NeedPartName,
  type SaidNeed,
} from '../../src/domain/need.ts';
import { STEP_KINDS } from '../../src/domain/step.ts';
import { withSaid } from '../../src/predict/asking/said-need.ts';
import { jointNeed } from '../../src/predict/joint-need.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { openGap, statedPolicy, type NeedJudge } from './bill-figures.ts';
import { declaredStep, routeSteps, type ReadStep, type StepLabels } from './route-stream.ts';

const PARTS: readonly NeedPartName[] = ['kind', 'difficulty', 'stakes', 'size'];
const COUNTS = PARTS.map((part) => NEED_VALUES[part].length);
/** Worlds that labels are drawn for. */
const DRAWS = 3;

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
 * How much of the gap could be closed at all. `calibrated`: if every reading were as right as it says, labels drawn from it. `second`:
 * if a second person read the steps, believed as far as careful people agree; `second.declared`: taken at the word.
 */
export async function ceilingFigures(
  pool: string,
  models: readonly string[],
  { steps, twice, judge }: { steps: readonly ReadStep[]; twice: readonly TwiceLabelled[]; judge: NeedJudge },
): Promise<Figures> {
  const drawn = Array.from({ length: DRAWS }, (_, draw) => withDrawnLabels(steps, draw + 1)).flat();
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
  return { [`need.ceiling.${pool}.calibrated.gap_closed.pct`]: await closed(drawn, drawn), ...ofSecond };
}

/** The same steps in a world where each is what its reading says, as often as it says so. */
function withDrawnLabels(steps: readonly ReadStep[], seed: number): readonly ReadStep[] {
  const random = seededRandom(seed);
  return steps.map((step) => {
    const joint = jointNeed(step.need);
    let left = random();
    let cell = joint.findIndex((ratio) => (left -= ratio) < 0);
    if (cell < 0) cell = joint.length - 1;
    return { ...step, labels: labelsAt(cell) };
  });
}

/** What a place in a joint need stands for. */
function labelsAt(cell: number): StepLabels {
  let rest = cell;
  const at = COUNTS.toReversed().map((count) => {
    const value = rest % count;
    rest = Math.floor(rest / count);
    return value;
  });
  const valueOf = <Part extends NeedPartName>(part: Part): (typeof NEED_VALUES)[Part][number] => {
    const values: readonly (typeof NEED_VALUES)[Part][number][] = NEED_VALUES[part];
    const value = values[at[PARTS.length - 1 - PARTS.indexOf(part)] ?? 0];
    if (value === undefined) throw new RangeError(`No value of ${part} at ${cell}`);
    return value;
  };
  return {
    kind: valueOf('kind'),
    size: valueOf('size'),
    difficulty: valueOf('difficulty'),
    stakes: valueOf('stakes'),
  };
}
