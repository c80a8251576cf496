import type { PromptHead } from '../../domain/forecast.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { Tokens } from '../../domain/time.ts';
import { createHeadWaves, waitWorth, type HeadTurn, type HeadWaves } from '../../providers/head-waves.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepCall } from '../model/step-call.ts';

const NOTHING: HeadTurn = { end: () => undefined };
const waves = new WeakMap<JobRun['calls'], HeadWaves>();

/** What a call's prompt begins with, in the model's own tokens. */
export interface CallHead extends PromptHead {
  /** Of the prompt, as the ledger has it. */
  readonly readTokens: Tokens;
  /** What writing it costs beyond reading it. */
  readonly rewriteNanoUsd: NanoUsd;
}

/**
 * Steps that run side by side from fresh contexts may share system and tools: one of them writes those, the others wait until they can be
 * read, as long as waiting costs less than writing them. Only first calls wait, and only where a head is cached by itself.
 */
export async function headTurn(
  run: JobRun,
  { callIndex, model }: StepCall,
  head: CallHead | undefined,
): Promise<HeadTurn> {
  const rule = model.cacheRule;
  if (head === undefined || callIndex > 0 || rule.kind !== 'explicit') return NOTHING;
  if (head.tokens < rule.minTokens || head.readTokens >= head.tokens) return NOTHING;
  let own = waves.get(run.calls);
  if (own === undefined) waves.set(run.calls, (own = createHeadWaves(run.services.clock)));
  return own.join(`${model.endpoint} ${model.id} ${head.key}`, {
    ttlMs: rule.ttlMs,
    mayWaitMs: waitWorth(head.rewriteNanoUsd, run.policy.waitingNanoUsdPerSecond),
    signal: run.signal,
  });
}
