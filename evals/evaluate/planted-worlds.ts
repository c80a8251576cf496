import { DIFFICULTIES } from '../../src/domain/need.ts';
import { STEP_KINDS, type StepKind } from '../../src/domain/step.ts';
import { estimateAbility, type AbilityEstimate, type Graded } from '../../src/evaluate/estimate-ability.ts';
import { KIND_ITEMS } from '../../src/predict/success/ability-dimensions.ts';
import { MID_FIELD_LOGITS } from '../../src/predict/success/difficulty-scale.ts';
import { discriminationOf, sigmoid } from '../../src/predict/success/item-response.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';

/** A model with abilities that were planted, and how much harder its tasks really are than is said of them. */
export interface World {
  readonly seed: number;
  readonly thetas: Readonly<Record<StepKind, number>>;
  readonly harder: Readonly<Record<StepKind, number>>;
}

/** Where planted models lie: from far below the field to above its best. */
const [LEAST, MOST] = [-1.5, 2];
/** How unlike the kinds of one model are. */
const KIND_DEVIATION = 0.4;

/** @param offBy one deviation, in logits, of how far a whole suite is off */
export function plantWorlds(count: number, seed: number, offBy: number): readonly World[] {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, (_, index) => {
    const base = LEAST + (MOST - LEAST) * random();
    return {
      seed: seed * 1000 + index,
      thetas: perKind(() => base + KIND_DEVIATION * normal()),
      harder: perKind(() => offBy * normal()),
    };
  });
}

function perKind(draw: () => number): Readonly<Record<StepKind, number>> {
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, draw()])) as Record<StepKind, number>;
}

const UNKNOWN = { mean: -0.5, width: 1 };

/** What tasks would say of a model, without anybody being asked: answers are drawn. */
export function drawnEstimate({ seed, thetas, harder }: World, kind: StepKind, taskCount: number): AbilityEstimate {
  const random = seededRandom(seed ^ (STEP_KINDS.indexOf(kind) + 1));
  const slope = discriminationOf(KIND_ITEMS[kind]);
  const graded = Array.from({ length: taskCount }, (_, index): Graded => {
    const difficulty = DIFFICULTIES[index % DIFFICULTIES.length] ?? 1;
    const level = (MID_FIELD_LOGITS[difficulty - 1] ?? 0) - harder[kind];
    return { difficulty, isRight: random() < sigmoid(slope * thetas[kind] + level) };
  });
  return estimateAbility(kind, graded, UNKNOWN);
}
