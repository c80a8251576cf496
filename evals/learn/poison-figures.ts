import type { Figure } from '../../src/domain/figure.ts';
import { NO_BELIEFS } from '../../src/learn/beliefs/beliefs.ts';
import { meanFigure } from './mean-figure.ts';
import {
  believing,
  chosenOf,
  clairvoyant,
  FIRST_SEED,
  plantedSteps,
  poolOf,
  StreamRecords,
  trueCost,
  trulyRight,
  type StreamOptions,
} from './planted-stream.ts';

const STREAM: Omit<StreamOptions, 'seed'> = {
  vendors: ['anthropic', 'openai'],
  sharedRatio: 0.5,
  stepCount: 2000,
  noiseRatio: 0.1,
};
const PRINCIPALS = 20;
const LIARS = 2;
const STEPS_A_LOOK = 20;

/**
 * What two of twenty do: `turn` says the opposite of what was, `slander` that whoever was chosen most failed, and else the truth;
 * `silent` says nothing, which moves choices between models that are worth the same, too.
 */
const DEEDS = ['turn', 'slander', 'silent'] as const;
type Deed = (typeof DEEDS)[number];

/** What became of the choices of the last quarter. */
interface Bent {
  /** Share of them that went to another model. */
  readonly movedPct: number;
  /** What all of them truly come to, above what they came to before. */
  readonly dearerPct: number;
}

/**
 * One stream is recorded twice: as all twenty principals say it, and with two of them lying from the first report on. What is learned of
 * either decides the steps of the last quarter again.
 */
export async function poisonFigures(
  seedCount: number,
  progress: (text: string) => void,
): Promise<Readonly<Record<string, Figure>>> {
  const figures: Record<string, Figure> = {};
  for (const deed of DEEDS) {
    const bent: Bent[] = [];
    for (let index = 0; index < seedCount; index += 1) {
      progress(`${deed}: stream ${index + 1} of ${seedCount}`);
      bent.push(await bentBy({ ...STREAM, seed: FIRST_SEED + index }, deed));
    }
    const name = deed === 'turn' ? '' : `${deed}.`;
    figures[`learning.poison.${name}moved.pct`] = meanFigure(
      bent.map(({ movedPct }) => movedPct),
      FIRST_SEED,
    );
    figures[`learning.poison.${name}dearer.pct`] = meanFigure(
      bent.map(({ dearerPct }) => dearerPct),
      FIRST_SEED,
    );
  }
  return figures;
}

async function bentBy(options: StreamOptions, deed: Deed): Promise<Bent> {
  const models = poolOf(options.vendors);
  const [honest, lied] = [new StreamRecords(), new StreamRecords()];
  const knows = clairvoyant(models);
  const steps = plantedSteps(options);
  const counts = new Map<string, number>();
  let learned = believing(models, NO_BELIEFS);
  for (const [index, step] of steps.entries()) {
    honest.now = lied.now = step.at;
    if (index % STEPS_A_LOOK === 0) {
      honest.beliefs.noticeRecords();
      learned = believing(models, await honest.beliefs.current());
    }
    const [known, made] = [await knows(step), await learned(step)];
    const chosen = chosenOf(made);
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    const isRight = step.luck < trulyRight(known, chosen) !== step.isTurned;
    const person = index % PRINCIPALS;
    const isFavourite = [...counts.values()].every((count) => count <= (counts.get(chosen) ?? 0));
    const says = person < LIARS ? saidBy(deed, isRight, isFavourite) : isRight;
    const principal = `person-${person}`;
    honest.add(made, step, { verdict: isRight ? 'good_fit' : 'failed', principal });
    if (says !== undefined) lied.add(made, step, { verdict: says ? 'good_fit' : 'failed', principal });
  }
  for (const { beliefs } of [honest, lied]) beliefs.noticeRecords();
  const [straight, bent] = [
    believing(models, await honest.beliefs.current()),
    believing(models, await lied.beliefs.current()),
  ];
  const last = steps.slice(0.75 * steps.length);
  const sums = { moved: 0, straight: 0, bent: 0 };
  for (const step of last) {
    const [known, one, other] = [await knows(step), chosenOf(await straight(step)), chosenOf(await bent(step))];
    if (one !== other) sums.moved += 1;
    sums.straight += trueCost(known, one);
    sums.bent += trueCost(known, other);
  }
  return { movedPct: (100 * sums.moved) / last.length, dearerPct: 100 * (sums.bent / sums.straight - 1) };
}

function saidBy(deed: Deed, isRight: boolean, isFavourite: boolean): boolean | undefined {
  if (deed === 'silent') return undefined;
  return deed === 'turn' ? !isRight : isRight && !isFavourite;
}
