import type { Catalog } from '../../catalog/catalog.ts';
import type { ModelId } from '../../domain/ids.ts';
import { ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { Tokens } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import { NEVER_SWITCHED, foldNeverSwitch } from '../../router/never-switch.ts';
import type { CallEntry } from './job-journal.ts';

/** The job so far on the model of its first call, on one transcript. */
export interface NeverSwitched {
  /** `undefined`: no call has been answered yet. */
  readonly model: ModelId | undefined;
  readonly nanoUsd: NanoUsd;
}

/**
 * What the overhead guard holds a job against. Each call adds to one transcript what it added to its own; a fresh context
 * begins with what that transcript already holds, so its first prompt adds nothing. Left out: attempts that a check
 * rejected on another model (never switching would not have made them), pings that keep a cache warm, calls without usage.
 * Modelled: the one model is taken to do the same calls. Pure.
 */
export function neverSwitched(
  catalog: Catalog,
  entries: readonly CallEntry[],
  isRejected: (entry: CallEntry) => boolean,
): NeverSwitched {
  const first = entries.find((entry) => usageOf(entry) !== undefined && catalog.get(entry.model) !== undefined);
  const stay = first === undefined ? undefined : catalog.get(first.model);
  if (stay === undefined) return { model: undefined, nanoUsd: ZERO_USD };
  const lengths = new Map<string, Tokens>();
  let state = NEVER_SWITCHED;
  for (const entry of entries) {
    const model = catalog.get(entry.model);
    const usage = usageOf(entry);
    if (model === undefined || usage === undefined) continue;
    const prompt = promptTokens(usage) / model.tokenRatio;
    const before = lengths.get(entry.thread) ?? (state.transcriptTokens === 0 ? 0 : prompt);
    lengths.set(entry.thread, prompt + usage.outputTokens / model.tokenRatio);
    if (isRejected(entry) && model.id !== stay.id) continue;
    state = foldNeverSwitch(state, stay, {
      at: entry.startedAt,
      // An answer's reasoning may be gone from the next prompt; what was sent before is not.
      appendedTokens: Math.max(prompt - before, state.heldTokens - state.transcriptTokens),
      outputTokens: usage.outputTokens / model.tokenRatio / model.outputRatio,
    });
  }
  return { model: stay.id, nanoUsd: state.nanoUsd };
}

function usageOf(entry: CallEntry): Extract<CallEntry['end'], { kind: 'answered' }>['usage'] {
  return entry.end?.kind === 'answered' && entry.purpose === undefined ? entry.end.usage : undefined;
}
