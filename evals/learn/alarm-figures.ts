import type { Figures } from '../../src/domain/figure.ts';
import { ALARM_CODES } from '../../src/learn/alarms/alarm.ts';
import { faultCall, playStream, type PlantedFault } from './alarm-streams.ts';

/** Looked at while the alarms were made: the figures are of others. */
const FIRST_SEED = 20_000;

/** How often alarms cry where all is well, and how many calls after a planted fault they are raised. */
export function alarmFigures(seedCount: number, faultSeedCount: number): Figures {
  const seeds = Array.from({ length: seedCount }, (_, at) => FIRST_SEED + at);
  const cried = seeds.filter((seed) => playStream(seed, undefined).raised.length > 0).length;
  const figure = (value: number, unit: string, n = faultSeedCount): Figures[string] => ({
    value: Number(value.toFixed(2)),
    unit,
    n,
    seed: FIRST_SEED,
    label: 'modelled',
  });
  return {
    'learning.alarms.false.pct': figure((100 * cried) / seedCount, '%', seedCount),
    ...Object.fromEntries(
      ALARM_CODES.flatMap((code) => Object.entries(foundFigures(code, seeds.slice(0, faultSeedCount), figure))),
    ),
  };
}

/** Calls until nine in ten of the faults are found, and how many are found at all within the stream. */
function foundFigures(
  code: PlantedFault,
  seeds: readonly number[],
  figure: (value: number, unit: string) => Figures[string],
): Figures {
  const waits = seeds
    .flatMap((seed) => playStream(seed, code).raised.filter((one) => one.code === code && one.atCall >= faultCall))
    .map(({ atCall }) => atCall - faultCall + 1)
    .toSorted((a, b) => a - b);
  const ninth = waits[Math.ceil(0.9 * seeds.length) - 1];
  return {
    [`learning.alarms.${code}.found.pct`]: figure((100 * waits.length) / seeds.length, '%'),
    ...(ninth === undefined ? {} : { [`learning.alarms.${code}.calls.p90`]: figure(ninth, 'calls') }),
  };
}
