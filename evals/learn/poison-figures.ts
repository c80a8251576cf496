import type { Figure } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
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
  type PlantedStep,
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

/** What two of twenty do: `turn` says the opposite of what was, `slander` that whoever was chosen most failed, and else the truth. */
const DEEDS = ['turn', 'slander'] as const;
type Deed = (typeof DEEDS)[number];

/** What became of the choices of the last quarter. */
interface Bent {
  /** Share of them that went to another model. */
  readonly movedPct: number;
  /** What all of them truly come to, above what they came to before. */
  readonly dearerPct: number;
}

/** What the last quarter is decided by, beside what is learned where the two lie. */
interface Bents {
  /** The two say nothing: what their lies move. */
  readonly silent: Bent;
  /** The two say the truth: what their lies move, and what is not known without their words. */
  readonly honest: Bent;
}

/**
 * One stream is recorded three times: as all twenty principals say it, with two of them lying from the first report on, and with these
 * two silent. What is learned of each decides the steps of the last quarter again. Silence moves choices too: with less evidence others
 * of two models that are worth about the same are chosen.
 */
export async function poisonFigures(
  seedCount: number,
  progress: (text: string) => void,
): Promise<Readonly<Record<string, Figure>>> {
  const figures: Record<string, Figure> = {};
  const put = (name: string, values: readonly number[]): void => {
    figures[`learning.poison.${name}.pct`] = meanFigure(values, FIRST_SEED);
  };
  for (const deed of DEEDS) {
    const bents: Bents[] = [];
    for (let index = 0; index < seedCount; index += 1) {
      progress(`${deed}: stream ${index + 1} of ${seedCount}`);
      bents.push(await bentBy({ ...STREAM, seed: FIRST_SEED + index }, deed));
    }
    const name = deed === 'turn' ? '' : `${deed}.`;
    for (const against of ['silent', 'honest'] as const) {
      const own = bents.map((bent) => bent[against]);
      const beside = against === 'silent' ? '' : `against_${against}.`;
      put(
        `${name}${beside}moved`,
        own.map(({ movedPct }) => movedPct),
      );
      put(
        `${name}${beside}dearer`,
        own.map(({ dearerPct }) => dearerPct),
      );
    }
  }
  return figures;
}

type Knowing = ReturnType<typeof clairvoyant>;
type Deciding = ReturnType<typeof believing>;

async function bentBy(options: StreamOptions, deed: Deed): Promise<Bents> {
  const models = poolOf(options.vendors);
  const knows = clairvoyant(models);
  const steps = plantedSteps(options);
  const learnedOf = async ({ beliefs }: StreamRecords): Promise<Deciding> => {
    beliefs.noticeRecords();
    return believing(models, await beliefs.current());
  };
  const records = await recorded(steps, { models, knows, deed });
  const lied = await learnedOf(records.lied);
  const last = steps.slice(0.75 * steps.length);
  const bentFrom = async (straight: Deciding): Promise<Bent> => {
    const sums = { moved: 0, straight: 0, bent: 0 };
    for (const step of last) {
      const [known, one, other] = [await knows(step), chosenOf(await straight(step)), chosenOf(await lied(step))];
      if (one !== other) sums.moved += 1;
      sums.straight += trueCost(known, one);
      sums.bent += trueCost(known, other);
    }
    return { movedPct: (100 * sums.moved) / last.length, dearerPct: 100 * (sums.bent / sums.straight - 1) };
  };
  return {
    silent: await bentFrom(await learnedOf(records.silent)),
    honest: await bentFrom(await learnedOf(records.honest)),
  };
}

interface Recorded {
  readonly honest: StreamRecords;
  readonly lied: StreamRecords;
  readonly silent: StreamRecords;
}

/** A stream as it goes on what all honestly say of it, recorded three ways: as all say it, with the two lying, with the two silent. */
async function recorded(
  steps: readonly PlantedStep[],
  { models, knows, deed }: { readonly models: readonly Model[]; readonly knows: Knowing; readonly deed: Deed },
): Promise<Recorded> {
  const [honest, lied, silent] = [new StreamRecords(), new StreamRecords(), new StreamRecords()];
  const counts = new Map<string, number>();
  let learned = believing(models, NO_BELIEFS);
  for (const [index, step] of steps.entries()) {
    honest.now = lied.now = silent.now = step.at;
    if (index % STEPS_A_LOOK === 0) {
      honest.beliefs.noticeRecords();
      learned = believing(models, await honest.beliefs.current());
    }
    const [known, made] = [await knows(step), await learned(step)];
    const chosen = chosenOf(made);
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    const isRight = step.luck < trulyRight(known, chosen) !== step.isTurned;
    const isFavourite = [...counts.values()].every((count) => count <= (counts.get(chosen) ?? 0));
    const person = index % PRINCIPALS;
    const say = (to: StreamRecords, isSaidRight: boolean): void =>
      to.add(made, step, { verdict: isSaidRight ? 'good_fit' : 'failed', principal: `person-${person}` });
    say(honest, isRight);
    say(lied, person < LIARS ? saidBy(deed, isRight, isFavourite) : isRight);
    if (person >= LIARS) say(silent, isRight);
  }
  return { honest, lied, silent };
}

function saidBy(deed: Deed, isRight: boolean, isFavourite: boolean): boolean {
  return deed === 'turn' ? !isRight : isRight && !isFavourite;
}
