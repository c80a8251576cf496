import type { LargePair, LargeSession } from './large-study.ts';
import { callUsd } from './rivals.ts';
import type { StudyCall } from './small-study.ts';

/** What a fresh context costs beside its work, as in the reference study. */
export const FRESH = { systemTokens: 5000, briefTokens: 1500, resultTokens: 700, briefOutputTokens: 300 } as const;

/** The same session as plain calls, for rules that route one call at a time. */
export function toCalls(session: LargeSession): readonly StudyCall[] {
  return session.prefixTokens.map((prefixTokens, index) => ({
    prefixTokens,
    outputTokens: session.outputTokens[index] ?? 0,
    atSeconds: session.atSeconds[index] ?? 0,
    need: session.need[index] ?? 1,
  }));
}

/**
 * The reference's delegation rule: every easy run of at least three calls goes to the cheap model in a fresh context,
 * everything else stays on the frontier. `work` is how much more a fresh context takes. With `headTokens` a delegated run
 * reads the system prompt and tools that the run before it left on the cheap model; the reference prices them cold.
 */
export function delegateUsd(
  session: LargeSession,
  { cheap, frontier }: LargePair,
  { work, headTokens = 0 }: { readonly work: number; readonly headTokens?: number },
): number {
  const { prefixTokens, need, atSeconds, outputTokens } = session;
  const callCount = prefixTokens.length;
  let usd = 0;
  let held = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let shrunk = 0;
  let headAt = Number.NEGATIVE_INFINITY;
  let index = 0;
  while (index < callCount) {
    const end = need[index] === 0 ? runEnd(session, index) : index;
    if (end - index >= 3) {
      const isWarm = (atSeconds[index] ?? 0) - headAt <= cheap.ttlSeconds;
      usd += freshRunUsd(session, cheap, { from: index, to: end, work, headTokens: isWarm ? headTokens : 0 });
      usd += (FRESH.briefOutputTokens * frontier.output) / 1e6;
      headAt = atSeconds[end - 1] ?? 0;
      const grown = (prefixTokens[Math.min(end, callCount - 1)] ?? 0) - (prefixTokens[index] ?? 0);
      shrunk += Math.max(0, grown - FRESH.resultTokens);
      index = end;
      continue;
    }
    const prompt = (prefixTokens[index] ?? 0) - shrunk;
    const at = atSeconds[index] ?? 0;
    const warm = at - lastAt <= frontier.ttlSeconds ? Math.min(held, prompt) : 0;
    usd += callUsd(frontier, prompt, warm, outputTokens[index] ?? 0);
    held = prompt;
    lastAt = at;
    index += 1;
  }
  return usd;
}

/** Index after the run of equal needs that starts at `from`. */
export function runEnd(session: LargeSession, from: number): number {
  let end = from + 1;
  while (end < session.need.length && session.need[end] === session.need[from]) end += 1;
  return end;
}

/**
 * Bill of calls `from`…`to` in a fresh context whose work is `work` times that of the shared one. The first call reads
 * `headTokens` of what another context left.
 */
export function freshRunUsd(
  session: LargeSession,
  model: LargePair['cheap'],
  run: { readonly from: number; readonly to: number; readonly work: number; readonly headTokens: number },
): number {
  const { prefixTokens, outputTokens, atSeconds } = session;
  let usd = 0;
  let held = run.headTokens;
  let lastAt = atSeconds[run.from] ?? 0;
  for (let index = run.from; index < run.to; index += 1) {
    const grown = (prefixTokens[index] ?? 0) - (prefixTokens[run.from] ?? 0);
    const prompt = FRESH.systemTokens + FRESH.briefTokens + grown * run.work;
    const at = atSeconds[index] ?? 0;
    const warm = at - lastAt <= model.ttlSeconds ? held : 0;
    usd += run.work * callUsd(model, prompt, warm, outputTokens[index] ?? 0);
    held = prompt;
    lastAt = at;
  }
  return usd;
}
