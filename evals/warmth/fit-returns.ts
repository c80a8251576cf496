import { rounded } from '../../src/learn/training/rounded.ts';
import { LATE_MS, pausesOf } from '../../src/replay/simulation/recorded-pauses.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { contextKeys } from '../../src/warmth/return-hazard.ts';
import { RETURN_EDGES_MS, type ReturnTable, type WaitFor } from '../../src/warmth/returns.ts';

/** Counts pauses by context: what `returnHazard` reads. */
export function fitReturns(sessions: Iterable<SessionTrace>): ReturnTable {
  const counts: Record<string, { returned: number[]; never: number }> = {};
  const kept: Partial<Record<WaitFor, { sum: number; count: number }>> = {};
  for (const session of sessions) {
    for (const { context, gapMs, keptRatio } of pausesOf(session)) {
      const edge = gapMs === undefined ? -1 : RETURN_EDGES_MS.findIndex((bound) => gapMs <= bound);
      for (const key of contextKeys(context)) {
        const row = (counts[key] ??= { returned: RETURN_EDGES_MS.map(() => 0), never: 0 });
        if (edge < 0) row.never += 1;
        else row.returned[edge] = (row.returned[edge] ?? 0) + 1;
      }
      if (gapMs === undefined || gapMs <= LATE_MS) continue;
      const sum = (kept[context.waitFor] ??= { sum: 0, count: 0 });
      sum.sum += keptRatio;
      sum.count += 1;
    }
  }
  const keptRatio = Object.fromEntries(
    Object.entries(kept).map(([wait, { sum, count }]) => [wait, rounded(sum / count)]),
  );
  return { counts, keptRatio };
}
