import type { DecideInput, PauseChoice } from '../domain/decision.ts';
import { roundNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import { chooseWrite, premiumNanoUsd } from '../warmth/hour-writes.ts';
import { PING_OUTPUT_TOKENS, pingNanoUsd } from '../warmth/keep-alive.ts';
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
  { model, mode, warmTokens, bill }: DraftCandidate,
): PauseChoice | undefined {
  if (pause === undefined || !policy.keepAlive || mode !== 'continue') return undefined;
  const text = (session.transcriptTokens + step.size.instructionTokens) * model.tokenRatio;
  const promptTokens = Math.round(text + mediaIn(session, model));
  if (warmTokens >= HELD_RATIO * promptTokens) return undefined;
  const writtenTokens = promptTokens - warmTokens;
  const growthTokens = pause.growthTokens * model.tokenRatio;
  const outlook = { promptTokens, writtenTokens, callCount: pause.callCount, growthTokens, hazard: pause };
  const choice = chooseWrite(model, outlook, now);
  if (choice === undefined || choice.kind === 'let-go') return choice;
  const mayPay = (nanoUsd: NanoUsd, spentNanoUsd: NanoUsd): boolean =>
    isWithinPingBound({ spentNanoUsd, ...pause }, nanoUsd, policy.pingOverheadRatio ?? PING_OVERHEAD_RATIO);
  const premium = premiumNanoUsd(model, writtenTokens, now);
  if (choice.kind === 'hour' && pause.noHour === undefined && mayPay(premium, session.spentNanoUsd)) return choice;
  // A ping comes after the step, whose bill is spent by then.
  const spentThen = toNanoUsd(session.spentNanoUsd + roundNanoUsd(bill));
  const ping = pingNanoUsd(model, { heldTokens: promptTokens, promptTokens }, PING_OUTPUT_TOKENS, now);
  return { ...choice, kind: choice.savedNanoUsd.ping > 0 && mayPay(ping, spentThen) ? 'ping' : 'let-go' };
}
