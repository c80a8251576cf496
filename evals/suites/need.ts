import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { dataFile } from '../data/data-file.ts';
import { harnessFigures } from '../need/harness-recall.ts';
import { readerFigures, readLabelledSteps } from '../need/reader-figures.ts';
import type { Suite } from '../suite.ts';

/**
 * How well steps are read: kind, size, difficulty, stakes, in English and other languages, on labelled rows that nothing was
 * fitted on; what reading costs; and how many of a harness's own calls are known as such.
 */
export const suite: Suite = {
  name: 'need',
  summary: 'what steps need, read by the shipped reader on labelled steps that it was not fitted on',
  async run({ dataDir, quick, progress }) {
    const file = dataFile(dataDir, 'steps_labelled.jsonl.gz');
    if (file.kind === 'absent') return file.answer;
    const held = readLabelledSteps(file.path).filter(({ split }) => split === 'dev');
    const rows = quick ? held.filter((_, index) => index % 4 === 0) : held;
    progress(`need: ${rows.length} labelled steps`);
    const embedder = await openEncoder(process.env).catch(() => undefined);
    try {
      return { kind: 'ran', figures: { ...(await readerFigures(rows, embedder)), ...harnessFigures() } };
    } finally {
      await embedder?.close();
    }
  },
};
