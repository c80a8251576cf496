import { parentPort } from 'node:worker_threads';
import { makeShapes } from '../../src/testing/internal/vendor-shapes/make-shapes.ts';
import { holdVendorsToTypes } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import { playPair, type Pair, type PairResult } from './play-pairs.ts';

/** One run of a pair, as it is sent to a worker. */
export interface PairRun {
  readonly pair: Pair;
  readonly count: number;
  readonly seed: number;
}

export type PairRunEnd =
  | { readonly kind: 'played'; readonly result: PairResult }
  | { readonly kind: 'failed'; readonly why: string };

await makeShapes();
holdVendorsToTypes();

async function play({ pair, count, seed }: PairRun): Promise<PairRunEnd> {
  try {
    return { kind: 'played', result: await playPair(pair, { count, seed, signal: new AbortController().signal }) };
  } catch (thrown) {
    return { kind: 'failed', why: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}

parentPort?.on('message', (run: PairRun) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  void play(run).then((end) => parentPort?.postMessage(end));
});
