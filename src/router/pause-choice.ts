import type { DecideInput, PauseChoice } from '../domain/decision.ts';
import type { Ratio } from '../domain/time.ts';
import { chooseWrite, premiumNanoUsd } from '../warmth/hour-writes.ts';
import { isWithinPingBound, PING_OVERHEAD_RATIO } from '../warmth/pause-plan.ts';
import type { DraftCandidate } from './candidates.ts';
import { mediaIn } from './step-cost.ts';

/** What a cache holds this much of goes on as it was written: a longer class behind a shorter one would be lost with it. */
const HELD_RATIO: Ratio = 0.5;

/**
 * Let the prompt go when a person takes long, keep it by pings, or write it for an hour: what is expected to save most, in USD, of what
 * the policy's bound on a session's pings leaves. It is chosen for the model that takes the step, whose price it does not change: what
 * pauses cost is the same in kind for all. `undefined`: it is mostly warm, its vendor sells no hour, or nothing is done about pauses. Pure.
 */
export function choosePause(
  { pause, policy, session, step, now }: DecideInput,
  { model, mode, warmTokens }: DraftCandidate,
): PauseChoice | undefined {
  if (pause === undefined || !policy.keepAlive || mode !== 'continue') return undefined;
  const text = (session.transcriptTokens + step.size.instructionTokens) * model.tokenRatio;
  const promptTokens = Math.round(text + mediaIn(session, model));
  if (warmTokens >= HELD_RATIO * promptTokens) return undefined;
  const writtenTokens = promptTokens - warmTokens;
  const growthTokens = pause.growthTokens * model.tokenRatio;
  const outlook = { promptTokens, writtenTokens, callCount: pause.callCount, growthTokens, hazard: pause };
  const choice = chooseWrite(model, outlook, now);
  if (choice?.kind !== 'hour') return choice;
  const account = { spentNanoUsd: session.spentNanoUsd, ...pause };
  const premium = premiumNanoUsd(model, writtenTokens, now);
  if (isWithinPingBound(account, premium, policy.pingOverheadRatio ?? PING_OVERHEAD_RATIO)) return choice;
  return { ...choice, kind: choice.savedNanoUsd.ping > 0 ? 'ping' : 'let-go' };
}
