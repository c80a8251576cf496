import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { PointsmanError } from '../../domain/errors.ts';
import type { Embedder } from '../embedding/embedder.ts';
import {
  USE_LITE_VERSION,
  type EmbeddingReply,
  type EmbeddingRequest,
  type EmbeddingStart,
  type EncoderSource,
} from './embedding-protocol.ts';
import { forbidReports } from './no-reports.ts';
import { closeRuns, closeRunsNow, createRunGuard } from './run-guard.ts';

interface Waiting {
  readonly resolve: (vectors: readonly Float32Array[]) => void;
  readonly reject: (reason: PointsmanError) => void;
}

/**
 * The encoder in one worker thread, so that the event loop never waits for it. The worker does not keep the process alive.
 * @throws PointsmanError `artifact-invalid` when the encoder or its tokenizer cannot be opened.
 */
export async function createOnnxEmbedder(source: EncoderSource): Promise<Embedder> {
  forbidReports();
  const version = versionOf(source);
  const guard = createRunGuard();
  const worker = startWorker({ source, guard });
  const atExit = (): void => closeRunsNow(guard, CLOSE_LIMIT_MS);
  process.once('exit', atExit);
  worker.once('exit', () => {
    guard.fill(0);
    process.off('exit', atExit);
  });
  const dimensionCount = await ready(worker, source);
  worker.unref();
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  let gone: PointsmanError | undefined;
  const fail = (reason: PointsmanError): void => {
    gone = reason;
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  };
  worker.on('message', (reply: EmbeddingReply) => {
    settle(waiting, reply);
    if (waiting.size === 0) worker.unref();
  });
  worker.on('error', (thrown) => {
    fail(unavailable('stopped', thrown));
  });
  worker.on('exit', () => {
    fail(gone ?? unavailable('is closed'));
  });
  return {
    version,
    dimensionCount,
    embed: (texts) =>
      new Promise((resolve, reject) => {
        if (gone !== undefined) {
          reject(gone);
          return;
        }
        if (texts.length === 0) {
          resolve([]);
          return;
        }
        const request: EmbeddingRequest = { id: (nextId += 1), texts };
        waiting.set(request.id, { resolve, reject });
        worker.ref();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
        worker.postMessage(request);
      }),
    close: async () => {
      await closeRuns(guard, CLOSE_LIMIT_MS);
      // An answer that comes meanwhile lets go of the worker, and with nothing else to wait for the process would end in the middle.
      const alive = setInterval(() => undefined, CLOSE_LIMIT_MS);
      await worker.terminate().finally(() => clearInterval(alive));
    },
  };
}

function startWorker(start: EmbeddingStart): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./embedding-worker.${extension}`, import.meta.url), {
    workerData: start,
    // Flags that a program was started with, such as --input-type, are about that program.
    execArgv: [],
    // The weights live outside the heap; a small one keeps the worker from growing where a short collection would do.
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 96 },
  });
}

/** Longest wait for a native call; one of a text takes milliseconds, opening the encoder a second. */
const CLOSE_LIMIT_MS = 5000;

function ready(worker: Worker, source: EncoderSource): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (thrown: unknown): void => {
      reject(
        new PointsmanError(
          'artifact-invalid',
          `The ${source.kind} sentence encoder cannot load: ${messageOf(thrown)}`,
          {
            cause: thrown,
            hint:
              source.kind === 'own'
                ? 'Check the paths of the ONNX model and its tokenizer.json; the model must take int64 token ids.'
                : 'Routing goes on with built-in features. Reinstall optional dependencies to get the encoder back.',
          },
        ),
      );
    };
    worker.once('error', onError);
    worker.once('message', (reply: EmbeddingReply) => {
      worker.off('error', onError);
      if (reply.kind === 'ready') resolve(reply.dimensionCount);
    });
  });
}

function settle(waiting: Map<number, Waiting>, reply: EmbeddingReply): void {
  if (reply.kind === 'ready') return;
  const waiter = waiting.get(reply.id);
  waiting.delete(reply.id);
  if (reply.kind === 'embedded') waiter?.resolve(reply.vectors);
  else waiter?.reject(unavailable(`failed: ${reply.message}`));
}

function versionOf(source: EncoderSource): string {
  if (source.kind === 'use-lite') return USE_LITE_VERSION;
  try {
    return `own-${createHash('sha256').update(readFileSync(source.modelFile)).digest('hex').slice(0, 12)}`;
  } catch (thrown) {
    throw new PointsmanError('artifact-invalid', `Cannot read the embedding model ${source.modelFile}`, {
      cause: thrown,
      hint: 'Check the path of the ONNX model in the configuration.',
    });
  }
}

function unavailable(what: string, cause?: unknown): PointsmanError {
  return new PointsmanError('internal', `The sentence encoder ${what}`, { cause });
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
