import type { Environment } from '../domain/environment.ts';
import { toPointsmanError, type PointsmanError } from '../domain/errors.ts';
import { loadArtifact, type PredictorArtifact } from '../predict/artifact.ts';
import { createAskingReader } from '../predict/asking/asking-reader.ts';
import type { Embedder } from '../predict/embedding/embedder.ts';
import { createLearnedPredictor } from '../predict/learned-predictor.ts';
import { createLateReader } from '../predict/need/late-reader.ts';
import { createLocalNeedReader, type LocalReaderOptions } from '../predict/need/local-reader.ts';
import { loadNeedArtifact, type NeedArtifact } from '../predict/need/need-artifact.ts';
import type { NeedReader } from '../predict/need/need-reader.ts';
import type { HeadFile } from '../predict/onnx/head-graph.ts';
import type { Predictor } from '../predict/predictor.ts';
import { shippedArtifact } from '../predict/shipped-artifact.ts';

/** What the predict room's parts need from outside. */
export interface PredictOptions {
  readonly env: Environment;
  readonly onWarning: ((error: PointsmanError) => void) | undefined;
}

/**
 * The trained predictor: the user's own where `POINTSMAN_PREDICTOR` names its file, otherwise the shipped one. The sentence
 * encoder is loaded when a step's kind is first in doubt; without it hashed features stand in, said once.
 * @throws PointsmanError `artifact-invalid`
 */
export function openPredictor(options: PredictOptions): Predictor {
  return createLearnedPredictor(openArtifact(options), {
    openEmbedder: async () => (await import('../predict/onnx/open-encoder.ts')).openEncoder(options.env),
    onEncoderMissing: (cause) => reportMissing(cause, options),
  });
}

/**
 * Reads what steps need: the shipped reader, opened when a step is first read, or the user's own where `POINTSMAN_NEED` names its file,
 * opened at once; beside it the model that a policy asks.
 * @param encoder whether the sentence encoder speaks too: as soon as it is open, or always, where nobody waits for an answer
 * @throws PointsmanError `artifact-invalid`
 */
export function openNeedReader(options: PredictOptions, encoder: 'none' | 'when-open' | 'always'): NeedReader {
  const file = options.env['POINTSMAN_NEED'];
  const local: LocalReaderOptions =
    encoder === 'none'
      ? {}
      : {
          openEmbedder: () => openEmbedder(options),
          ...(encoder === 'always' ? { waitMs: Number.POSITIVE_INFINITY } : {}),
        };
  const reader =
    file === undefined
      ? createLateReader(async () => createLocalNeedReader(await loadShippedNeed(), local))
      : createLocalNeedReader(loadNeedArtifact(file), local);
  return createAskingReader(reader);
}

async function loadShippedNeed(): Promise<NeedArtifact> {
  return (await import('../predict/need/shipped-need.ts')).shippedNeed();
}

/**
 * The trained reader of steps: the user's own where `POINTSMAN_NEED` names its file, otherwise the shipped one.
 * @throws PointsmanError `artifact-invalid`
 */
export async function openNeedArtifact(env: Environment): Promise<NeedArtifact> {
  const file = env['POINTSMAN_NEED'];
  return file === undefined ? loadShippedNeed() : loadNeedArtifact(file);
}

/**
 * What training made: the user's own where `POINTSMAN_PREDICTOR` names its file, otherwise the shipped one.
 * @throws PointsmanError `artifact-invalid`
 */
export function openArtifact({ env }: Pick<PredictOptions, 'env'>): PredictorArtifact {
  const file = env['POINTSMAN_PREDICTOR'];
  return file === undefined ? shippedArtifact() : loadArtifact(file);
}

/** The heads of a trained file as ONNX files, for other programs. */
export async function headFiles(artifact: Pick<PredictorArtifact, 'heads'>): Promise<readonly HeadFile[]> {
  return (await import('../predict/onnx/head-graph.ts')).toHeadFiles(artifact);
}

/** The sentence encoder, or `undefined` when it cannot be had and `onWarning` was told why. */
export async function openEmbedder(options: PredictOptions): Promise<Embedder | undefined> {
  try {
    return await (await import('../predict/onnx/open-encoder.ts')).openEncoder(options.env);
  } catch (thrown) {
    reportMissing(thrown, options);
    return undefined;
  }
}

/** The package that runs the sentence encoder. */
export const ENCODER_PACKAGE = 'onnxruntime-node';

/** Whoever left the optional package out did so on purpose, and "pointsman doctor" says it; anything else is reported. */
function reportMissing(thrown: unknown, { onWarning }: PredictOptions): void {
  if (!isLeftOut(thrown)) onWarning?.(toPointsmanError(thrown, 'artifact-invalid'));
}

function isLeftOut(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const isMissing = 'code' in thrown && String(thrown.code).endsWith('MODULE_NOT_FOUND');
  return (isMissing && thrown.message.includes(`'${ENCODER_PACKAGE}'`)) || isLeftOut(thrown.cause);
}
