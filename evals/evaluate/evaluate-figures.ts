import type { Figure, Figures } from '../../src/domain/figure.ts';
import { STEP_KINDS } from '../../src/domain/step.ts';
import { DIFFICULTY_DEVIATION } from '../../src/evaluate/estimate-ability.ts';
import { mean } from '../../src/stats/mean.ts';
import { wilsonInterval } from '../trials/wilson-interval.ts';
import { evaluateWorld, type EvaluatedWorld } from './evaluate-world.ts';
import { drawnEstimate, plantWorlds } from './planted-worlds.ts';

interface Options {
  readonly seed: number;
  /** Models that are asked over HTTP, through the command. */
  readonly worldCount: number;
  /** Of them, those that write code, too: each answer is a process. */
  readonly coderCount: number;
  /** Models whose answers are drawn. */
  readonly drawnCount: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** As the command asks where nobody says how many. */
const TASKS = 25;

export async function evaluateFigures(options: Options): Promise<Figures> {
  const { seed, worldCount, coderCount, signal, progress } = options;
  const done: EvaluatedWorld[] = [];
  for (const [index, world] of plantWorlds(worldCount, seed, DIFFICULTY_DEVIATION).entries()) {
    if (signal.aborted) break;
    progress(`model ${index + 1} of ${worldCount}`);
    done.push(await evaluateWorld(world, { taskCount: TASKS, withCode: index < coderCount, signal }));
  }
  const estimates = done.flatMap((one) => one.estimates);
  const routes = done.flatMap((one) => one.routes);
  const label = 'measured';
  return {
    'evaluate.coverage.pct': share(
      estimates.map(({ low, high, planted }) => low <= planted && planted <= high),
      seed,
      label,
    ),
    'evaluate.width.logits': {
      value: mean(estimates.map(({ low, high }) => high - low)),
      unit: 'logits',
      n: estimates.length,
      seed,
      label,
    },
    'evaluate.error.logits': {
      value: mean(estimates.map(({ mean: middle, planted }) => Math.abs(middle - planted))),
      unit: 'logits',
      n: estimates.length,
      seed,
      // What is believed of a model of which nobody knows anything.
      against: mean(estimates.map(({ planted }) => Math.abs(-0.5 - planted))),
      label,
    },
    'evaluate.route.as_known.pct': {
      ...share(
        routes.map(({ after, known }) => after === known),
        seed,
        label,
      ),
      against: share(
        routes.map(({ before, known }) => before === known),
        seed,
        label,
      ).value,
    },
    'evaluate.route.moved.pct': share(
      routes.map(({ before, after }) => before !== after),
      seed,
      label,
    ),
    ...drawnFigures(options),
  };
}

/** The same without anybody being asked, often: where levels are as stated, off as allowed, and off by twice that. */
function drawnFigures({ seed, drawnCount }: Options): Figures {
  const rows = [
    ['exact', 0, TASKS],
    ['as_allowed', DIFFICULTY_DEVIATION, TASKS],
    ['as_allowed.many', DIFFICULTY_DEVIATION, 100],
    ['twice_as_far', 2 * DIFFICULTY_DEVIATION, TASKS],
  ] as const;
  return Object.fromEntries(
    rows.map(([name, offBy, taskCount]) => {
      const covered = plantWorlds(drawnCount, seed + 1, offBy).map((world, index) => {
        const kind = STEP_KINDS[index % STEP_KINDS.length] ?? 'code';
        const { low, high } = drawnEstimate(world, kind, taskCount);
        return low <= world.thetas[kind] && world.thetas[kind] <= high;
      });
      return [`evaluate.coverage.drawn.${name}.pct`, share(covered, seed + 1, 'modelled')];
    }),
  );
}

function share(holds: readonly boolean[], seed: number, label: Figure['label']): Figure {
  const count = holds.filter(Boolean).length;
  const [low, high] = wilsonInterval(count, holds.length);
  const n = holds.length;
  return { value: (100 * count) / Math.max(1, n), unit: '%', low: 100 * low, high: 100 * high, n, seed, label };
}
