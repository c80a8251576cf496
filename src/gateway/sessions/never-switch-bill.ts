import type { Model } from '../../domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import { foldNeverSwitch } from '../../router/never-switch.ts';
import type { Thread } from './session-store.ts';

/** A call as it was billed. */
interface BilledCall {
  readonly model: Model;
  readonly usage: Usage;
  readonly billNanoUsd: NanoUsd;
  readonly at: At;
}

/**
 * What the same call adds to the bill of a transcript that stays on `first`. Exactly what was billed while the transcript
 * never left it; afterwards modelled: the same text in that model's own count, read from its cache as far as it was sent
 * before and the time to live holds, written otherwise. Leaves the thread's simulated cache in place.
 */
export function recordNeverSwitch(thread: Thread, first: Model | undefined, call: BilledCall): NanoUsd {
  if (first === undefined) return call.billNanoUsd;
  thread.hasLeft ||= call.model.id !== first.id;
  const prompt = promptTokens(call.usage) / call.model.tokenRatio;
  const before = thread.neverSwitch;
  // A caller that sends less than before has rewritten its transcript: nothing of it is cached.
  const start = prompt < before.heldTokens ? { ...before, heldTokens: 0 } : before;
  thread.neverSwitch = foldNeverSwitch(start, first, {
    at: call.at,
    appendedTokens: prompt - start.transcriptTokens,
    outputTokens: call.usage.outputTokens / call.model.tokenRatio / call.model.outputRatio,
  });
  return thread.hasLeft ? toNanoUsd(thread.neverSwitch.nanoUsd - before.nanoUsd) : call.billNanoUsd;
}
