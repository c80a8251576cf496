import type { Figure } from '../../src/domain/figure.ts';
import type { Suite } from '../suite.ts';
import { forecastSessionBills } from '../trials/session-bill.ts';

/** Whole-session bills forecast call by call, with cold rates learned online; keys are those of the warmth room. */
export const suite: Suite = {
  name: 'steps-cold',
  summary: 'forecast of two recorded session bills with cold rates learned online by trigger and idle time',
  run: (context) => {
    if (context.dataDir === undefined) {
      return Promise.resolve({
        kind: 'skipped',
        why: 'no data',
        hint: 'Give --data DIR with pi_calls_usage.jsonl.gz.',
      });
    }
    const figures: Record<string, Figure> = {};
    for (const bill of forecastSessionBills(context.dataDir)) {
      const error = 100 * (bill.forecastUsd / bill.billedUsd - 1);
      const hoped = 100 * (bill.hopedUsd / bill.billedUsd - 1);
      const name = bill.session.slice(bill.session.indexOf('/') + 1).replaceAll('-', '_');
      figures[`cache.pi.forecast.${name}.error.pct`] = {
        value: error,
        against: hoped,
        unit: '%',
        n: bill.callCount,
        label: 'measured',
      };
      context.print(
        `${bill.session.padEnd(24)} billed $${bill.billedUsd.toFixed(2)}, forecast ${error.toFixed(1)} %, hoping for every hit ${hoped.toFixed(1)} %`,
      );
    }
    context.print(
      'The prior of the warmth room was measured in part on these two sessions; what each learns online is its own.',
    );
    return Promise.resolve({ kind: 'ran', figures });
  },
};
