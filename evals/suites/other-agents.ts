import type { Figure } from '../../src/domain/figure.ts';
import { billRatioInterval, type PolicyRun } from '../../src/learn/training/metrics-bill.ts';
import { modelsOf } from '../../src/learn/training/outcome-matrix.ts';
import { loadOutcomeRows, type OutcomeRow } from '../../src/learn/training/outcome-row.ts';
import { dataFile } from '../data/data-file.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { chooseByGroup, mean, type Choice } from '../trials/group-choice.ts';
import { loadRepeatedRuns, headroom } from '../trials/headroom.ts';
import * as policies from '../trials/outcome-policies.ts';
import { fiveFolds, leaveOneDomainOut, runPolicies, type Splitter } from '../trials/trial.ts';

/** The models on the front of cost and success of this harness, cheapest first (reference values of 2026-11-21). */
const MINI_SWE_POOL: readonly string[] = [
  'DeepSeek V3.2 Reasoner',
  'GPT-5 mini (2025-08-07) (medium reasoning)',
  'Minimax M2',
  'GPT-5 (2025-08-07) (medium reasoning)',
  'Gemini 3 Pro Preview (2025-11-18)',
  'Claude 4.5 Opus medium (20251101)',
];
const CHECK_COST_USD = 0.02;
/** A model that ran on fewer of the tasks is left out, so that all are held against each other on the same ones. */
const LEAST_SHARE = 0.7;

/**
 * The same ways of choosing on harnesses that nothing was learned from: mini-SWE-agent (bills known), SWE-bench Pro (no bills)
 * and Terminal-Bench (repeated runs, which tell skill from luck).
 */
export const suite: Suite = {
  name: 'other-agents',
  summary: 'ladders, choice by repository and what hindsight is worth, on three other agents’ runs',
  run(context) {
    const files = ['swebench_verified_miniswe.jsonl.gz', 'swebench_pro.jsonl.gz', 'terminal_bench_core.jsonl.gz'].map(
      (name) => dataFile(context.dataDir, name),
    );
    const paths: string[] = [];
    for (const file of files) {
      if (file.kind === 'absent') return Promise.resolve(file.answer);
      paths.push(file.path);
    }
    const [miniSwe = '', pro = '', terminal = ''] = paths;
    return Promise.resolve({
      kind: 'ran',
      figures: {
        ...miniSweFigures(loadOutcomeRows(miniSwe), context),
        ...proFigures(loadOutcomeRows(pro)),
        ...terminalFigures(terminal),
      },
    });
  },
};

function miniSweFigures(all: readonly OutcomeRow[], { quick, print }: SuiteContext): Readonly<Record<string, Figure>> {
  const rows = quick ? all.filter((_, index) => index % 4 === 0) : all;
  const check = (sensitivityRatio: number, falseAlarmRatio: number): Parameters<typeof policies.ladder>[0] => ({
    sensitivityRatio,
    falseAlarmRatio,
    costUsd: CHECK_COST_USD,
  });
  const ladders = {
    'ladder-9-1': policies.ladder(check(0.9, 0.1), check(0.9, 0.1)),
    'ladder-8-2': policies.ladder(check(0.8, 0.2), check(0.8, 0.2)),
    'ladder-7-3': policies.ladder(check(0.7, 0.3), check(0.7, 0.3)),
  };
  const { envelope, random, cheapest, strongest, oracle, byDomain: domain } = policies;
  const run = (
    prefix: string,
    splitter: Splitter,
    chosen: Parameters<typeof runPolicies>[2],
  ): Readonly<Record<string, Figure>> =>
    againstEnvelope(prefix, runPolicies(rows, MINI_SWE_POOL, chosen, { splitter }), print);
  return {
    ...run('miniswe.front6', fiveFolds, { envelope, random, cheapest, strongest, oracle, domain, ...ladders }),
    ...run('miniswe.front6.new-repository', leaveOneDomainOut, { envelope, ...ladders }),
  };
}

/** Bills against the best single model of the training rows at each γ, per cent: below 0 is a gain. */
function againstEnvelope(
  prefix: string,
  runs: Readonly<Record<string, PolicyRun>>,
  print: SuiteContext['print'],
): Readonly<Record<string, Figure>> {
  const { envelope, ...others } = runs;
  if (envelope === undefined) return {};
  return Object.fromEntries(
    Object.entries(others).map(([name, run]): readonly [string, Figure] => {
      const ratio = billRatioInterval(run, envelope);
      const verdict = ratio.high < 1 ? 'gain' : ratio.low > 1 ? 'loss' : 'tie';
      print(`  ${`${prefix} ${name}`.padEnd(44)} R ${ratio.value.toFixed(3)}  ${verdict}`);
      const per = (value: number): number => Number((100 * (value - 1)).toFixed(3));
      // Bounds and hindsight are there to compare with: that they move is no regression.
      const isOurs = name.startsWith('ladder') || name === 'domain';
      return [
        `quality.${prefix}.${isOurs ? '' : 'baseline.'}${name}.vs_envelope.pct`,
        {
          value: per(ratio.value),
          low: per(ratio.low),
          high: per(ratio.high),
          unit: '%',
          n: ratio.taskCount,
          against: 0,
          seed: 1,
          label: 'modelled',
        },
      ];
    }),
  );
}

/** No bills and no prompts: is a model per repository, learned out of fold, wrong less often than the one best model? */
function proFigures(all: readonly OutcomeRow[]): Readonly<Record<string, Figure>> {
  const often = modelsOf(all).filter(
    (model) => all.filter((row) => row.outcomes[model] !== undefined).length >= LEAST_SHARE * all.length,
  );
  const rows = all
    .filter((row) => often.every((model) => row.outcomes[model] !== undefined))
    .map((row) => ({
      ...row,
      outcomes: Object.fromEntries(
        often.map((model) => [model, row.outcomes[model] ?? { score: 0, costUsd: undefined }]),
      ),
    }));
  const choice = chooseByGroup(rows, 1);
  const errors = ({ scores }: Choice): PolicyRun => ({ bills: [scores.map((score) => 1 - score)] });
  const { value, low, high, taskCount: n } = billRatioInterval(errors(choice.byGroup), errors(choice.single));
  const percent = (ratio: number): number => Number((100 * ratio).toFixed(2));
  return {
    'quality.swebench-pro.domain.errors_vs_single.ratio': {
      value,
      low,
      high,
      unit: 'ratio',
      n,
      seed: 1,
      label: 'measured',
    },
    'quality.swebench-pro.baseline.single.pct': {
      value: percent(mean(choice.single.scores)),
      unit: '%',
      n,
      label: 'measured',
    },
    'quality.swebench-pro.baseline.oracle.pct': { value: percent(choice.oracleScore), unit: '%', n, label: 'measured' },
    'quality.swebench-pro.baseline.models.count': { value: often.length, unit: 'models', n, label: 'measured' },
  };
}

function terminalFigures(file: string): Readonly<Record<string, Figure>> {
  const { taskCount: n, singleScore, oracleScore, noiseAwareScore } = headroom(loadRepeatedRuns(file));
  const points = (ratio: number): Figure => ({
    value: Number((100 * ratio).toFixed(2)),
    unit: '%',
    n,
    label: 'measured',
  });
  return {
    'quality.terminal-bench.baseline.single.pct': points(singleScore),
    'quality.terminal-bench.baseline.oracle.pct': points(oracleScore),
    'quality.terminal-bench.baseline.noise-aware-oracle.pct': points(noiseAwareScore),
  };
}
