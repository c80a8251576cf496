import type { Catalog } from '../../catalog/catalog.ts';
import { nanoFromUsd } from '../../domain/money.ts';
import type { Ratio, Tokens } from '../../domain/time.ts';
import { shippedStretches } from '../../predict/shipped-stretches.ts';
import { compactionThreshold } from '../../warmth/compaction.ts';
import type { Harness } from './harness.ts';

/** Prompts after 142 compactions of recorded Claude Code sessions: median 35,337 tokens, quarter points 26,477 and 47,884. */
const AFTER_TOKENS: Tokens = 35_000;
/** Of a summary of theirs. Assumed. */
const SUMMARY_TOKENS: Tokens = 4000;
/** Calls of recorded sessions that came back to a cold cache: 2,456 of about 48,000. */
const COLD_RATIO: Ratio = 0.05;
/** What a compaction loses: a fiftieth of a piece of coding work that fails, at the shipped price of three dollars. Assumed. */
const LOSS_NANO_USD = nanoFromUsd(0.06);
/** Shares of the prompts' bill below this are not worth a setting. */
const LEAST_RATIO: Ratio = 0.05;

/** No model that is priced here has dearer hours. */
const ANY_TIME = 0;

/** A size at which a harness had better compact. */
export interface CompactionOffer {
  readonly tokens: Tokens;
  /** Of what its prompts bill when it compacts where it does by itself. Modelled. */
  readonly savedRatio: Ratio;
}

/** What to offer for a harness; nothing where it has no setting for it, or would gain too little by one. Pure. */
export function compactionOffer(
  { compaction }: Pick<Harness, 'compaction'>,
  catalog: Catalog,
): CompactionOffer | undefined {
  const model = compaction === undefined ? undefined : catalog.get(compaction.model);
  if (compaction === undefined || model === undefined) return undefined;
  const { newTokensPerCall, outputTokensPerCall } = shippedStretches();
  // Where it compacts by itself is where its window ends, for this purpose.
  const bounded = { ...model, contextTokens: compaction.usualTokens * model.tokenRatio };
  const found = compactionThreshold(
    bounded,
    {
      afterTokens: AFTER_TOKENS,
      summaryTokens: SUMMARY_TOKENS,
      growthTokens: newTokensPerCall + outputTokensPerCall,
      coldRatio: COLD_RATIO,
      lossNanoUsd: LOSS_NANO_USD,
    },
    ANY_TIME,
  );
  const savedRatio = 1 - found.nanoUsdPerCall / found.fullNanoUsdPerCall;
  return savedRatio < LEAST_RATIO ? undefined : { tokens: Math.round(found.tokens / 1000) * 1000, savedRatio };
}
