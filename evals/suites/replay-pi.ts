import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figure } from '../../src/domain/figure.ts';
import { NANO_PER_USD } from '../../src/domain/money.ts';
import { gatherLogs } from '../../src/replay/gather-logs.ts';
import { replayFiles } from '../../src/replay/replay-files.ts';
import type { ReplayReport } from '../../src/replay/report/replay-report.ts';
import { dataFile } from '../data/data-file.ts';
import type { Suite, SuiteContext } from '../suite.ts';

/**
 * Two real coding sessions with the provider's own bill on every call: is our bill the same, and are cache reads foreseen
 * from earlier usage and times alone?
 */
export const suite: Suite = {
  name: 'replay-pi',
  summary: 'the bill of 910 real calls computed again, and their cache reads foreseen',
  async run(context) {
    const file = dataFile(context.dataDir, 'agent_sessions_pi.jsonl.gz');
    if (file.kind === 'absent') return file.answer;
    const report = await recordedReport(file.path, context);
    context.print(missTable(report));
    return { kind: 'ran', figures: { ...billFigures(report), ...cacheFigures(report) } };
  },
};

/** A replay without policies to choose: what was recorded is all that is asked about. */
async function recordedReport(path: string, { signal }: SuiteContext): Promise<ReplayReport> {
  const world = { home: '/', env: {}, cwd: '/' };
  const logs = await gatherLogs({ paths: [path], ...world });
  const { report } = await replayFiles(logs, {
    catalog: loadCatalog(),
    pool: [],
    policies: [],
    optimum: 'off',
    timelineCount: 0,
    signal,
    onProgress: () => undefined,
  });
  return report;
}

function billFigures({ reconciliation }: ReplayReport): Readonly<Record<string, Figure>> {
  const { comparedCallCount: n, equalCallCount, loggedNanoUsd, recomputedNanoUsd } = reconciliation;
  return {
    'cache.pi.bill.error.pct': {
      value: (100 * Math.abs(recomputedNanoUsd - loggedNanoUsd)) / loggedNanoUsd,
      unit: '%',
      n,
      label: 'measured',
    },
    'cache.pi.bill.unequal.count': { value: n - equalCallCount, unit: 'calls', n, label: 'measured' },
    'cache.pi.bill.usd': { value: recomputedNanoUsd / NANO_PER_USD, unit: 'USD', n, label: 'measured' },
  };
}

function cacheFigures({ cache, recorded }: ReplayReport): Readonly<Record<string, Figure>> {
  const n = cache.comparedCallCount;
  const { cacheRead, cacheWrite, uncached } = recorded.tokens;
  const meanPrompt = (cacheRead + cacheWrite + uncached) / n;
  const measured = (value: number, unit: string): Figure => ({ value, unit, n, label: 'measured' });
  const missed = cache.misses.reduce((sum, miss) => sum + miss.costNanoUsd, 0);
  return {
    'cache.pi.read.within50': measured(round(100 * cache.within50TokensRatio), '% of calls'),
    'cache.pi.read.median_abs_error.pct': measured(
      round((100 * cache.medianAbsoluteErrorTokens) / meanPrompt),
      '% of the mean prompt',
    ),
    'cache.pi.hoped_bill.pct': measured(
      round(100 * (cache.predictedNanoUsd / cache.billedNanoUsd - 1)),
      '% against the bill',
    ),
    'cache.pi.cold_in_ttl.count': measured(cache.coldInsideTtlCount, 'calls'),
    'cache.pi.cold_in_ttl.after_user.count': measured(cache.coldAfterUserCount, 'calls'),
    'cache.pi.misses.usd': measured(round(missed / NANO_PER_USD), 'USD'),
    ...Object.fromEntries(
      cache.misses.map((miss) => [
        `cache.pi.misses.${miss.cause.replaceAll('-', '_')}.usd`,
        { ...measured(round(miss.costNanoUsd / NANO_PER_USD), 'USD'), n: miss.callCount },
      ]),
    ),
  };
}

function missTable({ cache }: ReplayReport): string {
  const rows = cache.misses.map(
    (miss) =>
      `  ${miss.cause.padEnd(16)} ${String(miss.callCount).padStart(4)} calls  ${String(miss.lostTokens).padStart(9)} tokens  ${(miss.costNanoUsd / NANO_PER_USD).toFixed(2).padStart(6)} USD`,
  );
  return `Why calls found no cache, and what it cost\n${rows.join('\n')}\n`;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
