import type { SaidNeed } from '../../src/domain/need.ts';
import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { dataFile } from '../data/data-file.ts';
import { askedFigures } from '../need/asked-figures.ts';
import { readJudge } from '../need/bill-figures.ts';
import { readSecondLabels } from '../need/ceiling-figures.ts';
import { harnessFigures } from '../need/harness-recall.ts';
import { readerFigures, readLabelledSteps } from '../need/reader-figures.ts';
import { riskFigures } from '../need/risk-figures.ts';
import { routeFigures } from '../need/route-figures.ts';
import type { Suite } from '../suite.ts';

/**
 * How well steps are read: kind, size, difficulty, stakes, in English and other languages, on labelled rows that nothing was
 * fitted on; what reading costs; how many of a harness's own calls are known as such; and what the product decides on what was
 * read.
 */
export const suite: Suite = {
  name: 'need',
  summary: 'what steps need, read by the shipped reader on labelled steps that it was not fitted on',
  async run({ dataDir, quick, progress }) {
    const file = dataFile(dataDir, 'steps_labelled.jsonl.gz');
    if (file.kind === 'absent') return file.answer;
    const labelled = readLabelledSteps(file.path);
    const held = labelled.filter(({ split }) => split === 'dev');
    const rows = quick ? held.filter((_, index) => index % 4 === 0) : held;
    progress(`need: ${rows.length} labelled steps`);
    const embedder = await openEncoder(process.env).catch(() => undefined);
    try {
      const figures = { ...(await readerFigures(rows, embedder)), ...harnessFigures(), ...riskFigures(rows) };
      progress('need: what a small model that is asked brings');
      Object.assign(figures, await askedFigures(rows));
      const judge = dataFile(dataDir, 'need_success.json');
      if (judge.kind === 'absent') return { kind: 'ran', figures };
      progress('need: what is decided on them');
      const twice = dataFile(dataDir, 'steps_second_labels.jsonl');
      const said = twice.kind === 'absent' ? new Map<string, SaidNeed>() : readSecondLabels(twice.path);
      const second = labelled.flatMap((row) => {
        const other = said.get(row.id);
        return other === undefined ? [] : [{ row, said: other }];
      });
      const routed = await routeFigures(rows, embedder, { judge: readJudge(judge.path), quick, second });
      return { kind: 'ran', figures: { ...figures, ...routed } };
    } finally {
      await embedder?.close();
    }
  },
};
