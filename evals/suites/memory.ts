import { recallFigures } from '../memory/recall-figures.ts';
import type { Suite } from '../suite.ts';

/** Whether what is remembered is there when it is needed. */
export const suite: Suite = {
  name: 'memory',
  summary: 'facts of twenty jobs, needed in other words: are they offered, and for how many tokens',
  async run() {
    return { kind: 'ran', figures: await recallFigures() };
  },
};
