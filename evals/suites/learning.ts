import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { dataFile } from '../data/data-file.ts';
import { certificateFigures } from '../learn/certificates.ts';
import type { Suite } from '../suite.ts';

const SPLITS = 1000;
const QUICK_SPLITS = 24;

/** What is promised of learning: whether certificates hold. */
export const suite: Suite = {
  name: 'learning',
  summary: 'do certificates of thrift hold on rows that they were not made from, and what do they cost',
  async run({ dataDir, quick, progress }) {
    const file = dataFile(dataDir, 'openhands_index.jsonl.gz');
    if (file.kind === 'absent' || dataDir === undefined) {
      return file.kind === 'absent' ? file.answer : { kind: 'skipped', why: 'no data', hint: 'Give --data DIR.' };
    }
    const embedder = await openEncoder({}).catch(() => undefined);
    if (embedder === undefined) {
      return {
        kind: 'skipped',
        why: 'no sentence encoder',
        hint: 'Install onnxruntime-node, as "pointsman doctor" says.',
      };
    }
    const splitCount = quick ? QUICK_SPLITS : SPLITS;
    const figures = await certificateFigures(dataDir, { splitCount, embedder, progress });
    return { kind: 'ran', figures };
  },
};
