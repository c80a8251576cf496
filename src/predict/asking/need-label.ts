import { NEED_PARTS, type NeedLabel, type NeedPartName, type SaidNeed, type StepNeed } from '../../domain/need.ts';
import type { Ratio } from '../../domain/time.ts';
import type { NeedFeatures } from '../need/feature-sink.ts';
import { FEATURES_VERSION, needFeatures, type NeedText } from '../need/need-features.ts';

/** What was read here, and by which version of the local reader. */
export interface LocalNeed {
  readonly need: StepNeed;
  readonly reader: string;
}

/** What a model said of a step beside what was read here, with hashes in place of the step's words. */
export function toNeedLabel(step: NeedText, said: SaidNeed, { need: local, reader }: LocalNeed): NeedLabel {
  const { hashes, ends } = needFeatures(step);
  const ratios = NEED_PARTS.map((part) => [part, local[part].ratios]);
  return {
    v: 1,
    said,
    local: Object.fromEntries(ratios) as Readonly<Record<NeedPartName, readonly Ratio[]>>,
    by: NEED_PARTS.some((part) => local[part].source === 'local-encoder') ? 'local-encoder' : 'local-head',
    reader,
    features: FEATURES_VERSION,
    hashes: Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength).toString('base64'),
    ends,
  };
}

/** The features of a labelled step; `undefined`: they are of another version, and mean something else. */
export function featuresOfLabel({ features, hashes, ends }: NeedLabel): NeedFeatures | undefined {
  if (features !== FEATURES_VERSION) return undefined;
  const bytes = Uint8Array.from(Buffer.from(hashes, 'base64'));
  return { hashes: new Int32Array(bytes.buffer), ends };
}
