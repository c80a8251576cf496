import { createImportTally, type ImportOptions, type ImportTally, type Importer } from '../../sessions/importer.ts';
import { readSessions, sortFiles } from '../../sessions/read-sessions.ts';
import { createSeenCalls } from '../../sessions/seen-calls.ts';
import type { ClientName, SessionTrace } from '../../sessions/session-trace.ts';

/** For tests: everything an import gives, in memory. */
export async function importAll(
  paths: readonly string[],
  options: Partial<ImportOptions> & { readonly from?: ClientName; readonly importer?: Importer } = {},
): Promise<{ readonly traces: readonly SessionTrace[]; readonly tally: ImportTally }> {
  const tally = options.tally ?? createImportTally();
  const full: ImportOptions = { ...options, tally, seen: options.seen ?? createSeenCalls() };
  const traces: SessionTrace[] = [];
  const source =
    options.importer === undefined
      ? readSessions(await sortFiles(paths, options.from), full)
      : options.importer.read(paths, full);
  for await (const trace of source) traces.push(trace);
  return { traces, tally };
}

export interface TraceTotals {
  readonly calls: number;
  readonly uncached: number;
  readonly read: number;
  readonly write: number;
  readonly output: number;
}

export function totalsOf(traces: readonly SessionTrace[]): TraceTotals {
  const totals = { calls: 0, uncached: 0, read: 0, write: 0, output: 0 };
  for (const call of traces.flatMap((trace) => trace.threads).flatMap((thread) => thread.calls)) {
    totals.calls += 1;
    totals.uncached += call.usage?.uncachedTokens ?? 0;
    totals.read += call.usage?.cacheReadTokens ?? 0;
    totals.write += call.usage?.cacheWriteTokens ?? 0;
    totals.output += call.usage?.outputTokens ?? 0;
  }
  return totals;
}
