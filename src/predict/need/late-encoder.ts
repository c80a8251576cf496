import type { Embedder } from '../embedding/embedder.ts';
import { encodeStep, textsToEncode } from './encode-step.ts';
import type { NeedText } from './need-features.ts';
import { keepNewest } from './newest-needs.ts';

/** Steps whose vectors are kept. */
const KEPT_STEPS = 256;
/** Texts whose vectors are kept: the words of a step stay while what came before them changes. */
const KEPT_TEXTS = 512;

interface LateVectors {
  readonly promise: Promise<Float32Array | undefined>;
  /** What the promise has come to, once it has. */
  said: Float32Array | undefined;
}

/** An encoder that opens in the background, and what it said of the last steps. It never rejects. */
export interface LateEncoder {
  /** Starts the encoding of a step that is new. `undefined`: there is no encoder. */
  vectorsOf(step: NeedText): LateVectors | undefined;
  close(): Promise<void>;
}

/** @param version of the encoder that the weights are of; one of another version says nothing */
export function openLateEncoder(
  version: string | undefined,
  openEmbedder: (() => Promise<Embedder | undefined>) | undefined,
): LateEncoder {
  const kept = new Map<string, LateVectors>();
  let opening: Promise<Embedder | undefined> | undefined;
  const open = async (): Promise<Embedder | undefined> => {
    const embedder = await openEmbedder?.().catch(() => undefined);
    return embedder?.version === version ? embedder && rememberingTexts(embedder) : undefined;
  };
  const embed = async (step: NeedText): Promise<Float32Array | undefined> => {
    try {
      const embedder = await (opening ??= open());
      return embedder === undefined ? undefined : await encodeStep(embedder, step);
    } catch {
      return undefined;
    }
  };
  const encode = (step: NeedText): LateVectors => {
    const late: LateVectors = { promise: embed(step).then((vectors) => (late.said = vectors)), said: undefined };
    return late;
  };
  return {
    vectorsOf: (step) => {
      if (openEmbedder === undefined || version === undefined) return undefined;
      // Known by all that is encoded, and by no more: steps without words differ in what they go on with.
      const key = textsToEncode(step).join('\u0000');
      const vectors = kept.get(key) ?? encode(step);
      keepNewest(kept, key, vectors, KEPT_STEPS);
      return vectors;
    },
    close: async () => (await opening)?.close(),
  };
}

/** The same embedder, which encodes a text once while it is among the last ones. */
function rememberingTexts(embedder: Embedder): Embedder {
  const kept = new Map<string, Float32Array>();
  return {
    version: embedder.version,
    dimensionCount: embedder.dimensionCount,
    close: () => embedder.close(),
    embed: async (texts) => {
      const known = texts.map((text) => kept.get(text));
      const missing = [...new Set(texts.filter((_, index) => known[index] === undefined))];
      const vectors = missing.length === 0 ? [] : await embedder.embed(missing);
      const fresh = new Map(missing.map((text, index) => [text, vectors[index] ?? new Float32Array()]));
      return texts.map((text, index) => {
        const vector = known[index] ?? fresh.get(text) ?? new Float32Array();
        keepNewest(kept, text, vector, KEPT_TEXTS);
        return vector;
      });
    },
  };
}
