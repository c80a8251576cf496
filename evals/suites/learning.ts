import type { Figure } from '../../src/domain/figure.ts';
import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { dataFile } from '../data/data-file.ts';
import { alarmFigures } from '../learn/alarm-figures.ts';
import { certificateFigures } from '../learn/certificates.ts';
import { poisonFigures } from '../learn/poison-figures.ts';
import { promotionFigures } from '../learn/promotion-figures.ts';
import { regretFigures } from '../learn/regret-figures.ts';
import { opeFigures } from '../learn/reward-figures.ts';
import type { Suite } from '../suite.ts';

const SPLITS = 1000;
const QUICK_SPLITS = 24;
const ALARM_STREAMS = 200;
const FAULT_STREAMS = 60;
const QUICK_STREAMS = 20;

const OPE_STREAMS = 300;
const TRIALS = 200;

const STREAMS = 32;
const LIED_STREAMS = 8;

/** What is promised of learning: that it comes nearer to the truth, that liars move little, and that certificates hold. */
export const suite: Suite = {
  name: 'learning',
  summary:
    'how near to the truth learning comes, what liars move, whether certificates, estimates and canaries hold, and alarms are raised where something is wrong',
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
      await opeFigures(quick ? 2 : OPE_STREAMS, progress),
      await promotionFigures(quick ? 1 : TRIALS, progress),
      alarmFigures(quick ? QUICK_STREAMS : ALARM_STREAMS, quick ? QUICK_STREAMS : FAULT_STREAMS),
    );
    return { kind: 'ran', figures };
  },
};
