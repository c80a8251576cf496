import type { Figures } from '../../src/domain/figure.ts';
import { estimateTokens } from '../../src/domain/transcript.ts';
import { aModel, modelId } from '../../src/testing/model-builders.ts';
import { foldWarmth } from '../../src/warmth/fold-warmth.ts';
import { EMPTY_LEDGER } from '../../src/warmth/ledger.ts';
import { EMPTY_CHAIN, extendChain } from '../../src/warmth/prefix-chain.ts';
import { warmthAt } from '../../src/warmth/warmth-at.ts';
import { createRandom } from '../economics/random.ts';

/** Rounds of the measurement; the least disturbed one counts, because other processes share the machine. */
const ROUNDS = 7;
const CALLS = 200;
/** About a thousand tokens in four blocks. */
const BLOCKS_PER_CALL = 4;
const BLOCK_CHARACTERS = 1000;

/**
 * A session of 200 calls whose transcript grows by about 1,000 tokens a call to 200,000: hash the new blocks, ask what is
 * warm, fold the call. Time per 1,000 new tokens, at the start of the session and at its end: hashing only the new tail
 * keeps the two alike.
 */
export function run(): Promise<Figures> {
  const models = Array.from({ length: 4 }, (_, index) => aModel({ id: modelId(`model-${index}`) }));
  const random = createRandom(1);
  const blocks = Array.from({ length: CALLS * BLOCKS_PER_CALL }, () => {
    let text = '';
    while (text.length < BLOCK_CHARACTERS) text += ` ${random().toString(36).slice(2)}`;
    return { text, tokens: estimateTokens(text) };
  });
  const tokensPerCall = blocks.reduce((sum, block) => sum + block.tokens, 0) / CALLS;
  let best: { readonly all: number; readonly early: number; readonly late: number } | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const perCall = session(models, blocks);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const one = { all: mean(perCall), early: mean(perCall.slice(0, 50)), late: mean(perCall.slice(-50)) };
    if (best === undefined || one.all < best.all) best = one;
  }
  const perThousand = (ms: number): number => (ms * 1000) / (tokensPerCall / 1000);
  const figure = (ms: number): Figures[string] => ({
    value: perThousand(ms),
    unit: 'us',
    seed: 1,
    n: CALLS,
    label: 'measured',
  });
  return Promise.resolve({
    'warmth.fold.us_per_ktok': figure(best?.all ?? Number.NaN),
    'warmth.fold.early.us_per_ktok': figure(best?.early ?? Number.NaN),
    'warmth.fold.late.us_per_ktok': figure(best?.late ?? Number.NaN),
  });
}

/** Milliseconds of each call of one session. */
function session(
  models: readonly ReturnType<typeof aModel>[],
  blocks: readonly { readonly text: string; readonly tokens: number }[],
): readonly number[] {
  let chain = EMPTY_CHAIN;
  let ledger = EMPTY_LEDGER;
  let cached = 0;
  const times: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const model = models[call % models.length];
    if (model === undefined) break;
    const tail = blocks.slice(call * BLOCKS_PER_CALL, (call + 1) * BLOCKS_PER_CALL);
    const start = performance.now();
    chain = extendChain(chain, tail);
    const at = call * 10_000;
    warmthAt(ledger, models, {
      now: at,
      trigger: 'tool-result',
      transcript: 'shared',
      account: '',
      effort: undefined,
      chain,
      reanchors: true,
    });
    const prompt = chain.tokens.at(-1) ?? 0;
    ledger = foldWarmth(ledger, {
      type: 'call-finished',
      model,
      account: '',
      effort: undefined,
      transcript: 'shared',
      trigger: 'tool-result',
      startedAt: at,
      readableAt: at + 500,
      usage: {
        uncachedTokens: 0,
        cacheReadTokens: cached,
        cacheWriteTokens: prompt - cached,
        cacheWrite1hTokens: 0,
        outputTokens: 300,
        reasoningTokens: undefined,
      },
      promptTokens: prompt,
      chain,
      longWrite: false,
    });
    times.push(performance.now() - start);
    cached = call < models.length ? 0 : prompt;
  }
  return times;
}
