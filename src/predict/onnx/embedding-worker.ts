import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { embeddable, meanDirection, windowsOf } from '../embedding/embedder.ts';
import { createUnigramTokenizer, type Tokenizer } from '../embedding/unigram-tokenizer.ts';
import type { EmbeddingRequest, EmbeddingReply, EmbeddingStart } from './embedding-protocol.ts';
import { loadEncoder, loadVocabulary } from './encoder-file.ts';
import { beginRun, endRun } from './run-guard.ts';

/** The worker's half: tokenizes and runs the encoder, one text after another, so that a batch changes no vector. */
const { source, guard } = workerData as EmbeddingStart;
const { session, tokenizer } = await open();
const dimensionCount = (await embedOne('a')).length;
endRun(guard);
reply({ kind: 'ready', dimensionCount });
parentPort?.on('message', (request: EmbeddingRequest) => {
  void answer(request);
});

async function open(): Promise<{ readonly session: ort.InferenceSession; readonly tokenizer: Tokenizer }> {
  const options: ort.InferenceSession.SessionOptions = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    // Texts differ in length: a plan of memory per length would be kept for each and seldom fit.
    enableMemPattern: false,
  };
  if (source.kind === 'own') {
    return {
      session: await ort.InferenceSession.create(source.modelFile, options),
      tokenizer: (await import('./load-tokenizer.ts')).loadTokenizer(source.tokenizerFile),
    };
  }
  const tokenizer = createUnigramTokenizer(loadVocabulary());
  return { session: await createSession(await loadEncoder(source.cacheFolder), options), tokenizer };
}

/** From a path the runtime maps the file; bytes are only for folders that cannot be written. */
function createSession(
  model: string | Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  return typeof model === 'string'
    ? ort.InferenceSession.create(model, options)
    : ort.InferenceSession.create(model, options);
}

async function answer({ id, texts }: EmbeddingRequest): Promise<void> {
  try {
    const vectors: Float32Array[] = [];
    for (const text of texts) vectors.push(await embedOne(text));
    reply({ kind: 'embedded', id, vectors });
  } catch (thrown) {
    reply({ kind: 'failed', id, message: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

async function embedOne(text: string): Promise<Float32Array> {
  const ids = tokenizer.encode(embeddable(text));
  if (ids.length === 0) return new Float32Array(dimensionCount);
  const vectors: Float32Array[] = [];
  for (const window of windowsOf(ids)) vectors.push(await runWindow(window));
  return meanDirection(vectors, vectors[0]?.length ?? 0);
}

/** One run. The built-in encoder takes `ids`; a BERT-like one `input_ids` with mask and types, its tokens averaged. */
async function runWindow(ids: readonly number[]): Promise<Float32Array> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const name of session.inputNames) {
    const value = name.includes('mask') ? 1n : 0n;
    const data =
      name === 'ids' || name === 'input_ids'
        ? BigInt64Array.from(ids, BigInt)
        : new BigInt64Array(ids.length).fill(value);
    feeds[name] = new ort.Tensor('int64', data, name === 'ids' ? [ids.length] : [1, ids.length]);
  }
  const results = await run(feeds);
  const output = results['sentence_embedding'] ?? results['embedding'] ?? results[session.outputNames[0] ?? ''];
  if (output === undefined || !(output.data instanceof Float32Array))
    throw new TypeError('The encoder has no float output');
  if (output.dims.length < 3) return output.data;
  const width = output.dims.at(-1) ?? 0;
  const rows = Array.from({ length: output.data.length / width }, (_, row) => row);
  const data = output.data;
  return meanDirection(
    rows.map((row) => data.subarray(row * width, (row + 1) * width)),
    width,
  );
}

/** A native call: the owner of this thread lets it come back before it ends the thread. */
async function run(feeds: Readonly<Record<string, ort.Tensor>>): Promise<ort.InferenceSession.ReturnType> {
  if (!beginRun(guard)) throw new Error('the encoder is being closed');
  try {
    return await session.run(feeds);
  } finally {
    endRun(guard);
  }
}

function reply(message: EmbeddingReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  parentPort?.postMessage(message);
}
