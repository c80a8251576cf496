import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figures } from '../../src/domain/figure.ts';
import { DEFAULT_ASSUMPTIONS } from '../../src/replay/simulation/assumptions.ts';
import { InvestBill } from '../../src/replay/simulation/invest-bill.ts';
import { createRecordedModels } from '../../src/replay/simulation/recorded-models.ts';
import type { JudgedFold } from './judged-fold.ts';

/** Bills with pings and one-hour writes together against the plain time to live, both within the policy's bound; last pings counted. */
export function investFigures(folds: readonly JudgedFold[]): Figures {
  const recorded = createRecordedModels(loadCatalog(), DEFAULT_ASSUMPTIONS);
  const sums = { plain: 0, net: 0, worst: -Infinity, count: 0, pinged: 0, premium: 0 };
  for (const fold of folds) {
    for (const session of fold.judged) {
      const bill = new InvestBill({ ...fold, recorded, mayWriteHours: true });
      for (const thread of session.threads) bill.addThread(thread);
      sums.plain += bill.calls;
      sums.net += bill.spent - bill.saved;
      sums.premium += bill.premium;
      sums.pinged += bill.spent - bill.premium;
      sums.worst = Math.max(sums.worst, (bill.spent - bill.saved) / bill.calls);
      sums.count += 1;
    }
  }
  const pct = (value: number): number => Number((100 * value).toFixed(2));
  const at = { unit: '% of the plain bill', n: sums.count, label: 'modelled' } as const;
  return {
    'warmth.invest.ours.pct': { value: pct(sums.net / sums.plain), ...at },
    'warmth.invest.worst.pct': { value: pct(sums.worst), ...at, unit: '% of that session' },
    'warmth.invest.pings.pct': { value: pct(sums.pinged / sums.plain), ...at },
    'warmth.invest.hours.pct': { value: pct(sums.premium / sums.plain), ...at },
  };
}
