import { evaluateFigures } from '../evaluate/evaluate-figures.ts';
import type { Suite } from '../suite.ts';

const SEED = 1;

/** Whether an evaluation of a model finds what was planted in it, and whether decisions go by what was found. */
export const suite: Suite = {
  name: 'evaluate',
  summary: 'models of planted ability behind real HTTP: does the interval hold it, and do steps go where they should',
  async run({ quick, full = false, signal, progress }) {
    const size = quick
      ? { worldCount: 3, coderCount: 1, drawnCount: 100 }
      : { worldCount: full ? 120 : 40, coderCount: 8, drawnCount: 2000 };
    return { kind: 'ran', figures: await evaluateFigures({ seed: SEED, ...size, signal, progress }) };
  },
};
