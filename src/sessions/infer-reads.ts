import { MINUTE_MS, type At, type Ms, type Tokens } from '../domain/time.ts';
import { sharedBlocks, type BlockRuns } from './block-runs.ts';

/** Assumed: the default class of the vendor whose sessions come in this form (Anthropic, 2026-11: refreshed by use). */
const TTL_MS: Ms = 5 * MINUTE_MS;
/** Shorter prefixes are never cached; the least minimum of the models that are recorded in this form. */
const LEAST_TOKENS: Tokens = 1024;

export interface BlockCall {
  readonly model: string;
  readonly thread: string;
  readonly at: At;
  /** When its answer began; what it wrote cannot be read by another thread before. */
  readonly readableAt: At;
  readonly blocks: BlockRuns;
}

/**
 * What calls read from the cache, where a log holds the blocks of their prompts and no usage of the cache: the longest prefix
 * that a call of the same model shares, which was made within the time to live before. A call renews all that it reads, so
 * nothing older counts. Calls come in order of time; only those inside the time to live are kept.
 */
export class InferredReads {
  private readonly blockTokens: Tokens;
  private readonly live = new Map<string, BlockCall[]>();

  constructor(blockTokens: Tokens) {
    this.blockTokens = blockTokens;
  }

  /** Tokens that the call reads, before it is one that others can read. */
  take(call: BlockCall): Tokens {
    const live = (this.live.get(call.model) ?? []).filter((other) => call.at - other.at <= TTL_MS);
    let blocks = 0;
    for (const other of live) {
      if (other.thread === call.thread || other.readableAt <= call.at) {
        blocks = Math.max(blocks, sharedBlocks(other.blocks, call.blocks));
      }
    }
    live.push(call);
    this.live.set(call.model, live);
    const tokens = blocks * this.blockTokens;
    return tokens < LEAST_TOKENS ? 0 : tokens;
  }
}
