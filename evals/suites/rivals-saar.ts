import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Figure } from '../../src/domain/figure.ts';
import { dataFile } from '../data/data-file.ts';
import { parseSaarTurns, runSaarExperiment, type SaarResult, type SaarSums } from '../peers/saar-experiment.ts';
import type { Suite } from '../suite.ts';

/** What its authors published for the whole rule, in percent (vllm-project/semantic-router 3d48f8c). */
const PUBLISHED = { switches: -79.29, cost: -78.71 } as const;

/** The session-aware rule of vLLM's semantic router on its own 21,600 turns, then against a baseline that also caches. */
export const suite: Suite = {
  name: 'rivals-saar',
  summary: 'the published session-aware experiment again, and beside it a baseline that caches as well',
  run({ dataDir, print, quick }) {
    const file = dataFile(dataDir, 'peer-cases/vllm-semantic-router/saar-matrix-turns.csv.gz');
    if (file.kind === 'absent') return Promise.resolve(file.answer);
    const all = parseSaarTurns(gunzipSync(readFileSync(file.path)).toString('utf8'));
    const turns = quick ? all.slice(0, 2000) : all;
    const { rule, baseline, cachedBaseline } = runSaarExperiment(turns);
    const n = turns.length;
    const figure = (value: number, unit = '%', against?: number): Figure => ({
      value,
      unit,
      n,
      label: 'measured',
      ...(against === undefined || quick ? {} : { against }),
    });
    print(table({ rule, baseline, cachedBaseline }));
    return Promise.resolve({
      kind: 'ran',
      figures: {
        'rivals.saar.switches.pct': figure(change(rule.switchCount, baseline.switchCount), '%', PUBLISHED.switches),
        'rivals.saar.cost.pct': figure(change(rule.costUsd, baseline.costUsd), '%', PUBLISHED.cost),
        'rivals.saar.cost_fair.pct': figure(change(rule.costUsd, cachedBaseline.costUsd), '%', PUBLISHED.cost),
        'rivals.saar.quality.points': figure(round(rule.meanQuality - baseline.meanQuality, 4), 'quality 0..1'),
        'rivals.saar.under_demand.pct': figure(round((100 * rule.underDemandCount) / n, 2)),
      },
    });
  },
};

/** Percent to two digits, as published. */
function change(value: number, base: number): number {
  return round(100 * (value / base - 1), 2);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function table(result: SaarResult): string {
  const row = (name: string, sums: SaarSums): string =>
    `  ${name.padEnd(34)} ${String(sums.switchCount).padStart(6)} switches  ${sums.costUsd.toFixed(2).padStart(8)} USD  quality ${sums.meanQuality.toFixed(4)}  below demand ${sums.underDemandCount}`;
  return `${[
    row('session-aware rule', result.rule),
    row('baseline as published, no cache', result.baseline),
    row('the same baseline with its cache', result.cachedBaseline),
  ].join('\n')}\n`;
}
