import { billNanoUsd } from '../../src/catalog/bill.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figures } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
import { foreseeBill, type SessionCall } from '../../src/predict/forecast/session-bill.ts';
import { DEFAULT_ASSUMPTIONS } from '../../src/replay/simulation/assumptions.ts';
import { createRecordedModels, type RecordedModels } from '../../src/replay/simulation/recorded-models.ts';
import type { ThreadTrace } from '../../src/sessions/session-trace.ts';
import { LEAST_CALLS } from './fit-prompts.ts';
import type { JudgedFold } from './judged-fold.ts';

interface PricedCall extends SessionCall {
  readonly model: Model;
}

/**
 * The bill of a session's main thread, foreseen from its first third: how many calls it will have is given, what they cost is not. Mean
 * absolute error over sessions, beside "three times as much as so far".
 */
export function billForecastFigures(folds: readonly JudgedFold[]): Figures {
  const recorded = createRecordedModels(loadCatalog(), DEFAULT_ASSUMPTIONS);
  const errors = { ours: 0, plain: 0, count: 0 };
  for (const { judged, stretches: table } of folds) {
    for (const { threads } of judged) {
      const calls = threads[0] === undefined ? [] : pricedCalls(threads[0], recorded);
      const soFar = calls.slice(0, Math.floor(calls.length / 3));
      const last = soFar.at(-1);
      if (calls.length < LEAST_CALLS || last === undefined) continue;
      const bill = sumOf(calls);
      const foreseen = foreseeBill(last.model, soFar, { callCount: calls.length, table });
      errors.ours += Math.abs(foreseen / bill - 1);
      errors.plain += Math.abs((sumOf(soFar) * calls.length) / soFar.length / bill - 1);
      errors.count += 1;
    }
  }
  const pct = (sum: number): number => Number(((100 * sum) / errors.count).toFixed(2));
  return {
    'forecast.bill.mape.pct': {
      value: pct(errors.ours),
      against: pct(errors.plain),
      unit: '% of the session’s bill, its number of calls given',
      n: errors.count,
      label: 'modelled',
    },
  };
}

function sumOf(calls: readonly SessionCall[]): number {
  return calls.reduce((sum, call) => sum + call.billNanoUsd, 0);
}

function pricedCalls({ calls }: ThreadTrace, recorded: RecordedModels): readonly PricedCall[] {
  return calls.flatMap((call) => {
    const model = recorded.ofCall(call)?.model;
    const { usage, at } = call;
    if (model === undefined || usage === undefined || at === undefined) return [];
    return [{ model, usage, at, billNanoUsd: billNanoUsd(model.prices, usage, at) }];
  });
}
