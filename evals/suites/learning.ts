import type { Figure } from '../../src/domain/figure.ts';
import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { dataFile } from '../data/data-file.ts';
import { certificateFigures } from '../learn/certificates.ts';
import { poisonFigures } from '../learn/poison-figures.ts';
import { regretFigures } from '../learn/regret-figures.ts';
import type { Suite } from '../suite.ts';

const SPLITS = 1000;
const QUICK_SPLITS = 24;

const STREAMS = 32;
const LIED_STREAMS = 8;

/** What is promised of learning: that it comes nearer to the truth, that liars move little, and that certificates hold. */
export const suite: Suite = {
  name: 'learning',
  summary:
    'how near to the truth does learning from noisy reports come, what do liars move, and do certificates of thrift hold on other rows',
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
    const figures: Record<string, Figure> = await certificateFigures(dataDir, { splitCount, embedder, progress });
    Object.assign(
      figures,
      await regretFigures(quick ? 1 : STREAMS, progress),
      await poisonFigures(quick ? 1 : LIED_STREAMS, progress),
    );
    return { kind: 'ran', figures };
  },
};
