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

const STEP_COUNT = 2000;
const NOISE_RATIO = 0.2;
/** Records are looked at again after so many steps. */
const STEPS_A_LOOK = 20;

/** The streams: whose models are chosen among, and how much of an error is the same at every kind of step. */
const STREAMS = [
  { name: '', vendors: ['anthropic'], sharedRatio: 0.5 },
  { name: 'per_model.', vendors: ['anthropic'], sharedRatio: 1 },
  { name: 'per_kind.', vendors: ['anthropic'], sharedRatio: 0 },
  { name: 'both.', vendors: ['anthropic', 'openai'], sharedRatio: 0.5 },
] as const;

/** How far above who knows the truth the last quarter of a stream comes, in per cent, with and without learning. */
interface Regret {
  readonly learnedPct: number;
  readonly unlearnedPct: number;
}

/** Streams with planted truth, routed with and without what their reports teach, each beside who knows the truth. */
export async function regretFigures(
  seedCount: number,
  progress: (text: string) => void,
): Promise<Readonly<Record<string, Figure>>> {
  const figures: Record<string, Figure> = {};
  for (const { name, vendors, sharedRatio } of STREAMS) {
    const regrets: Regret[] = [];
    for (let index = 0; index < seedCount; index += 1) {
      progress(`stream ${index + 1} of ${seedCount} ${name}`);
      const options = { vendors, sharedRatio, stepCount: STEP_COUNT, noiseRatio: NOISE_RATIO };
      regrets.push(await regretOf({ ...options, seed: FIRST_SEED + index }));
    }
    const learned = regrets.map(({ learnedPct }) => learnedPct);
    const unlearned = regrets.map(({ unlearnedPct }) => unlearnedPct);
    const saved = regrets.map(({ learnedPct, unlearnedPct }) => unlearnedPct - learnedPct);
    figures[`learning.regret.${name}last_quarter.pct`] = meanFigure(learned, FIRST_SEED);
    figures[`learning.regret.${name}unlearned.last_quarter.pct`] = meanFigure(unlearned, FIRST_SEED);
    figures[`learning.regret.${name}saved.pct`] = meanFigure(saved, FIRST_SEED);
  }
  return figures;
}

async function regretOf(options: StreamOptions): Promise<Regret> {
  const models = poolOf(options.vendors);
  const records = new StreamRecords();
  const [knows, unlearned] = [clairvoyant(models), believing(models, NO_BELIEFS)];
  let learned = unlearned;
  const sums = { best: 0, learned: 0, unlearned: 0 };
  for (const [index, step] of plantedSteps(options).entries()) {
    records.now = step.at;
    if (index % STEPS_A_LOOK === 0) {
      records.beliefs.noticeRecords();
      learned = believing(models, await records.beliefs.current());
    }
    const [known, made, plain] = [await knows(step), await learned(step), await unlearned(step)];
    if (index >= 0.75 * options.stepCount) {
      sums.best += trueCost(known, chosenOf(known));
      sums.learned += trueCost(known, chosenOf(made));
      sums.unlearned += trueCost(known, chosenOf(plain));
    }
    const isRight = step.luck < trulyRight(known, chosenOf(made));
    records.add(made, step, { verdict: isRight === step.isTurned ? 'failed' : 'good_fit', principal: 'user' });
  }
  return {
    learnedPct: 100 * (sums.learned / sums.best - 1),
    unlearnedPct: 100 * (sums.unlearned / sums.best - 1),
  };
}
