import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { addUp } from './add-up.ts';
import type { PairRun, PairRunEnd } from './pair-worker.ts';
import { everyPair, type PairOptions, type PairResult } from './play-pairs.ts';

/** Of one run: a gateway and a vendor that remember every call of it, which then are forgotten together. */
const MOST_OF_A_RUN = 1000;
/** Of one worker, runs and all. */
const MOST_HEAP_MB = 1024;

/**
 * Plays `count` conversations of every pair on all processors, in runs of at most a thousand with the seeds `seed`, `seed + 1` and so
 * on, so that memory does not grow with `count`. What was stopped is left out.
 * @param progress hears of each run that ended
 */
export async function playSideBySide({
  count,
  seed,
  signal,
  progress,
}: PairOptions & { readonly progress: (text: string) => void }): Promise<readonly PairResult[]> {
  const runs = runsOf(count, seed);
  const ends: PairResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('pair-worker.ts', import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
    });
    try {
      for (let run = runs[next++]; run !== undefined && !signal.aborted; run = runs[next++]) {
        ends.push(await playIn(worker, run));
        progress(`${ends.length} of ${runs.length} runs\n`);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), runs.length) }, work));
  const order = everyPair();
  const rank = (result: PairResult): number =>
    order.findIndex(({ caller, vendor }) => caller === result.caller && vendor === result.vendor);
  return addUp(ends).toSorted((one, other) => rank(one) - rank(other));
}

/** Every pair once before any a second time: what is stopped has seen something of each. */
function runsOf(count: number, seed: number): readonly PairRun[] {
  const sizes = Array.from({ length: Math.ceil(count / MOST_OF_A_RUN) }, (_, index) =>
    Math.min(MOST_OF_A_RUN, count - index * MOST_OF_A_RUN),
  );
  return sizes.flatMap((size, index) => everyPair().map((pair) => ({ pair, count: size, seed: seed + index })));
}

/** @throws what ended the worker, or what it says went wrong */
async function playIn(worker: Worker, run: PairRun): Promise<PairResult> {
  const answer = once(worker, 'message');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  worker.postMessage(run);
  const [end] = (await answer) as [PairRunEnd];
  if (end.kind === 'failed') throw new Error(end.why);
  return end.result;
}
