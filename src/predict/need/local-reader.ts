import type { NeedGround, NeedSource, StepNeed } from '../../domain/need.ts';
import type { Ms, Ratio } from '../../domain/time.ts';
import type { Embedder } from '../embedding/embedder.ts';
import { followedNeed, isFollowUp } from './follow-up.ts';
import { openLateEncoder } from './late-encoder.ts';
import { needVersion, type NeedArtifact } from './need-artifact.ts';
import { needFeatures } from './need-features.ts';
import { openNeedHead, type NeedHead, type NeedRatios } from './need-head.ts';
import { isSettled, withDeclared, type NeedReader, type StepToRead } from './need-reader.ts';
import { keepNewest } from './newest-needs.ts';
import { resultFlags } from './state-flags.ts';
import { within } from './within.ts';

export interface LocalReaderOptions {
  /** Opened in the background when a step is first read. Absent: the head speaks alone. */
  readonly openEmbedder?: (() => Promise<Embedder | undefined>) | undefined;
  /** How long a step waits for its encoder; an answer that comes later is for the step's next decision. */
  readonly waitMs?: Ms;
}

/** What a decision waits for the encoder. */
const WAIT_MS: Ms = 15;
const KEPT_STEPS = 64;
const MOST_KEPT_CHARS = 4000;
/** Words less likely to be English than this are not given to the encoder, which would weigh nothing: it knows English only. */
const LEAST_ENGLISH: Ratio = 0.1;

/**
 * Reads needs on this machine: hashed features at once, and once per new step a sentence encoder in its worker, whose answer
 * decides if it comes in time and otherwise from the step's next decision on. Each part says which of them spoke.
 * @throws PointsmanError `artifact-invalid`
 */
export function createLocalNeedReader(artifact: NeedArtifact, options: LocalReaderOptions = {}): NeedReader {
  const head = openNeedHead(artifact);
  const encoder = openLateEncoder(artifact.encoder?.version, options.openEmbedder);
  const { waitMs = WAIT_MS } = options;
  const kept = new Map<string, KnownStep>();
  return {
    version: needVersion(artifact),
    read: async (step) => {
      const key = keyOf(step);
      const known = (key === undefined ? undefined : kept.get(key)) ?? { scored: head.score(needFeatures(step)) };
      if (key !== undefined) keepNewest(kept, key, known, KEPT_STEPS);
      const { scores, englishRatio } = known.scored;
      const isForeign = englishRatio < LEAST_ENGLISH;
      const late = isSettled(step) || isForeign ? undefined : encoder.vectorsOf(step);
      // No clock is set for what has been said already.
      const vectors = late?.said ?? (late === undefined ? undefined : await within(late.promise, waitMs));
      if (known.read?.vectors === vectors && known.read !== undefined) return known.read.need;
      // The encoder would add nothing to foreign words: they are as sure as where it has spoken.
      const ratios =
        vectors === undefined
          ? head.toRatios(scores, isForeign ? 'encoder' : 'head')
          : head.toRatios(head.addVectors(scores, vectors, englishRatio), 'encoder');
      known.read = { vectors, need: toNeed(step, ratios, vectors === undefined ? 'local-head' : 'local-encoder') };
      return known.read.need;
    },
    close: () => encoder.close(),
  };
}

/** What was read of a step: with the same vectors it is the same need. */
interface KnownStep {
  readonly scored: ReturnType<NeedHead['score']>;
  read?: { readonly vectors: Float32Array | undefined; readonly need: StepNeed };
}

/** Steps of a plan are read again at each decision of their job. One that comes after something is another by then. */
function keyOf(step: StepToRead): string | undefined {
  return step.before.length > 0 || step.follows !== undefined || step.text.length > MOST_KEPT_CHARS
    ? undefined
    : JSON.stringify(step);
}

function toNeed(step: StepToRead, ratios: NeedRatios, source: NeedSource): StepNeed {
  const read: StepNeed = {
    v: 1,
    kind: { ratios: ratios.kind, source },
    size: { ratios: ratios.size, source },
    difficulty: { ratios: ratios.difficulty, source },
    stakes: { ratios: ratios.stakes, source },
    origin: step.origin,
    grounds: groundsOf(step),
  };
  const follows = step.follows !== undefined && isFollowUp(step.text) ? followedNeed(read, step.follows) : read;
  return withDeclared(follows, step.declared);
}

/** What the reading stands on, for people. */
function groundsOf(step: StepToRead): readonly NeedGround[] {
  const isTask = step.origin !== 'person' && step.origin !== 'agent' && step.origin !== 'sub-agent';
  const newest = step.before.at(-1);
  const flags = newest?.role === 'tool' ? resultFlags(newest.text) : [];
  const tests = step.tests ?? (flags.includes('red') ? 'red' : flags.includes('green') ? 'green' : 'unknown');
  return [
    isTask ? 'task' : 'words',
    ...(tests === 'red' ? (['red tests'] as const) : tests === 'green' ? (['green tests'] as const) : []),
    ...(tests === 'unknown' && flags.includes('error') ? (['error'] as const) : []),
    ...(tests === 'unknown' && newest?.role === 'tool' && !flags.includes('error') ? (['result'] as const) : []),
  ];
}
