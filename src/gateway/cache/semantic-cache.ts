import { createHash } from 'node:crypto';
import type { Log } from '../../domain/log.ts';
import type { Ratio } from '../../domain/time.ts';
import type { Embedder } from '../../predict/embedding/embedder.ts';
import { loadBearingWords } from './load-bearing-words.ts';
import { measuredThreshold, type SemanticThreshold } from './semantic-threshold.ts';

/** A request as the cache by meaning sees it. */
export interface SemanticQuestion {
  /** Everything that shapes the answer but the last words of the user, and what of those carries meaning. */
  readonly scope: string;
  readonly text: string;
}

/** An answer to another wording of the same request. */
export interface SemanticHit {
  /** Of the answer in the exact cache. */
  readonly key: string;
  readonly similarityRatio: Ratio;
  readonly threshold: SemanticThreshold;
  readonly encoderVersion: string;
}

/** Knows under which keys of the exact cache other wordings of a request stand. Holds no answers. */
export interface SemanticCache {
  /** `isKept` says whether an answer is still there. Never rejects: without the encoder there is no hit. */
  find(question: SemanticQuestion, isKept: (key: string) => boolean): Promise<SemanticHit | undefined>;
  note(question: SemanticQuestion, key: string): void;
  close(): Promise<void>;
}

/** Wordings of one request that are remembered, and requests; the oldest go first. */
const MAX_WORDINGS = 8;
const MAX_REQUESTS = 4096;

/**
 * `restKey` stands for the request without the user's last words: tenant, policy, wire format, headers and every other
 * byte. `undefined`: the words are code, or too long to be compared by meaning.
 */
export function semanticQuestion(restKey: string, text: string): SemanticQuestion | undefined {
  const words = loadBearingWords(text);
  if (words === undefined) return undefined;
  return { scope: createHash('sha256').update(restKey).update('\u0000').update(words).digest('base64'), text };
}

/**
 * Two wordings share an answer when everything else of their requests is the same byte for byte, their load-bearing
 * words are the same in the same order, and the encoder finds them as alike as its measured threshold demands. The
 * encoder opens with the first wording that could hit.
 */
export function createSemanticCache(
  openEmbedder: (() => Promise<Embedder | undefined>) | undefined,
  log: Log,
): SemanticCache {
  const wordings = new Map<string, readonly { readonly text: string; readonly key: string }[]>();
  let opened: Promise<Encoder | undefined> | undefined;
  return {
    async find(question, isKept) {
      const known = wordings.get(question.scope)?.filter(({ key }) => isKept(key)) ?? [];
      if (known.length === 0) return undefined;
      opened ??= openMeasured(openEmbedder, log);
      const encoder = await opened;
      if (encoder === undefined) return undefined;
      const vectors = await encoder.embedder.embed([question.text, ...known.map(({ text }) => text)]).catch(() => []);
      return nearest(vectors, known, encoder);
    },
    note(question, key) {
      const known = wordings.get(question.scope) ?? [];
      wordings.delete(question.scope);
      const others = known.filter((wording) => wording.key !== key).slice(1 - MAX_WORDINGS);
      wordings.set(question.scope, [...others, { text: question.text, key }]);
      const [oldest] = wordings.keys();
      if (wordings.size > MAX_REQUESTS && oldest !== undefined) wordings.delete(oldest);
    },
    close: async () => {
      await (await opened)?.embedder.close();
    },
  };
}

interface Encoder {
  readonly embedder: Embedder;
  readonly threshold: SemanticThreshold;
}

async function openMeasured(
  open: (() => Promise<Embedder | undefined>) | undefined,
  log: Log,
): Promise<Encoder | undefined> {
  const embedder = await open?.();
  if (embedder === undefined) {
    log.warn('The response cache by meaning stays shut: there is no sentence encoder');
    return undefined;
  }
  const threshold = measuredThreshold(embedder.version);
  if (threshold !== undefined) return { embedder, threshold };
  log.warn('The response cache by meaning stays shut: nobody measured its wrong hits with this encoder', {
    encoder: embedder.version,
  });
  await embedder.close();
  return undefined;
}

function nearest(
  [asked, ...vectors]: readonly Float32Array[],
  known: readonly { readonly key: string }[],
  { embedder, threshold }: Encoder,
): SemanticHit | undefined {
  let best: SemanticHit | undefined;
  for (const [index, vector] of vectors.entries()) {
    const key = known[index]?.key;
    const similarityRatio = asked === undefined ? 0 : cosine(asked, vector);
    if (key === undefined || similarityRatio < Math.max(threshold.minSimilarityRatio, best?.similarityRatio ?? 0))
      continue;
    best = { key, similarityRatio, threshold, encoderVersion: embedder.version };
  }
  return best;
}

/** Of vectors of unit length, rounding errors cut off. */
function cosine(one: Float32Array, other: Float32Array): Ratio {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return Math.min(1, sum);
}
