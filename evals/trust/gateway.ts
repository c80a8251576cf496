import type { Figure, Figures } from '../../src/domain/figure.ts';
import type { SuiteContext } from '../suite.ts';
import { overrunOfBudget } from './budgets.ts';
import { costOfStorm } from './storm.ts';
import { cutStreams, falseRefusals, lostTasks } from './streams.ts';

const CALLS = 200;
const STREAMS = 60;
const TASKS = 1000;
const REFUSALS = 3000;

/** What a gateway owes whoever runs it and whoever calls it, with processes that are killed. Takes four minutes. */
export async function gatewayFigures(context: Pick<SuiteContext, 'print'>): Promise<Figures> {
  const budget = await overrunOfBudget({ callCount: CALLS, burstCount: 4, budgetUsd: 8 });
  const { billedUsd, budgetUsd, statusesPerBurst } = budget;
  const storm = await lostTasks({ taskCount: TASKS, faultRatio: 0.5 });
  const cost = await costOfStorm({ callCount: REFUSALS });
  const figures: Record<string, Figure> = {
    'trust.budget.overrun.reservations.ratio': {
      value: budget.overrunRatio,
      unit: 'calls',
      n: CALLS * statusesPerBurst.length,
      label: 'measured',
    },
    'trust.keys.false_refusals.count': {
      value: await falseRefusals(CALLS),
      unit: 'calls',
      n: CALLS,
      label: 'measured',
    },
    'trust.drain.cut_streams.count': {
      value: await cutStreams(STREAMS),
      unit: 'streams',
      n: STREAMS,
      label: 'measured',
    },
    'trust.storm.disk_per_refused_call.kb': {
      value: cost.kilobytesPerRefused,
      unit: 'kB',
      n: cost.refusedCount,
      label: 'measured',
    },
    'trust.storm.memory.ratio': { value: cost.memoryRatio, unit: 'ratio', n: cost.refusedCount, label: 'measured' },
    'trust.storm.recovery.probes.count': { value: cost.probesToRecovery, unit: 'calls', n: 1, label: 'measured' },
    'trust.storm.refused_after_recovery.count': {
      value: cost.refusedAfterRecovery,
      unit: 'calls',
      n: 100,
      label: 'measured',
    },
    'trust.storm.lost_tasks.pct': { value: storm.lostRatio * 100, unit: '%', n: TASKS, label: 'measured' },
  };
  context.print(
    `  budget   $${billedUsd.toFixed(3)} billed of $${budgetUsd}, over bursts of ${CALLS} calls, killed when ${statusesPerBurst.join(', ')} had an answer`,
  );
  for (const [name, { value, unit, n }] of Object.entries(figures))
    context.print(`  ${name} ${value} ${unit} of ${String(n)}`);
  return figures;
}
