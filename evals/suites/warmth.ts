import path from 'node:path';
import { BLOCK_SESSIONS_FILE, loadBlockSessions } from '../data/block-sessions.ts';
import { foldsOf, loadBlockTraces } from '../data/block-traces.ts';
import { dataFile } from '../data/data-file.ts';
import type { Suite } from '../suite.ts';
import { billForecastFigures } from '../warmth/bill-figures.ts';
import { economicsFigures } from '../warmth/economics-figures.ts';
import { fanOutFigures } from '../warmth/fanout-figures.ts';
import { investFigures } from '../warmth/invest-figures.ts';
import { toJudged } from '../warmth/judged-fold.ts';
import { pauseFigures } from '../warmth/pause-figures.ts';
import { readFigures } from '../warmth/read-figures.ts';
import { returnFigures } from '../warmth/return-figures.ts';
import { timingFigures } from '../warmth/timing-figures.ts';

/**
 * What is known of caches on real coding sessions, and what it is worth. Their logs hold prompts as blocks and times, so that
 * what was read is inferred by one script (`evals/data/reference-reads.ts`), never by the ledger that is judged here.
 */
export const suite: Suite = {
  name: 'warmth',
  summary: 'reads foretold and pauses bridged on recorded coding sessions',
  async run(context) {
    const file = dataFile(context.dataDir, BLOCK_SESSIONS_FILE);
    if (file.kind === 'absent') return file.answer;
    const all = loadBlockSessions(path.dirname(file.path));
    const sessions = context.quick ? all.slice(0, 25) : all;
    const dataDir = path.dirname(file.path);
    const traces = await loadBlockTraces(dataDir);
    const folds = foldsOf(context.quick ? traces.slice(0, 60) : traces, dataDir).map(toJudged);
    const economics = await economicsFigures(folds);
    const fanOut = await fanOutFigures(folds);
    return {
      kind: 'ran',
      figures: {
        ...readFigures(sessions),
        ...returnFigures(folds),
        ...pauseFigures(folds),
        ...investFigures(folds),
        ...billForecastFigures(folds),
        ...economics,
        ...fanOut,
        ...timingFigures(context.quick),
      },
    };
  },
};
