import { expect, test } from 'vitest';
import type { Figure } from '../src/domain/figure.ts';
import { compare } from './compare.ts';

const figure = (value: number, low?: number, high?: number): Figure => ({
  value,
  unit: '%',
  label: 'modelled',
  ...(low === undefined ? {} : { low }),
  ...(high === undefined ? {} : { high }),
});

test.each([
  ['a bill inside its interval is no news', 'economics.close.40.pct', figure(-9), figure(-9.4, -10, -8.5), undefined],
  ['a bill above its interval is a regression', 'economics.close.40.pct', figure(-7), figure(-9.4, -10, -8.5), 'worse'],
  [
    'a bill below its interval is worth accepting',
    'economics.close.40.pct',
    figure(-12),
    figure(-9.4, -10, -8.5),
    'better',
  ],
  [
    'a bill under an exact forecast is a bill',
    'economics.close.40.exact.pct',
    figure(-7),
    figure(-9.4, -10, -8.5),
    'worse',
  ],
  ['of saved cost less is worse', 'steps.trb.cost_save.pct', figure(30), figure(35), 'worse'],
  ['a figure without an interval has two per cent of slack', 'replay.x.pct', figure(101), figure(100), undefined],
  ['a rival may move', 'economics.close.40.rival.weave.pct', figure(50), figure(0), undefined],
])('%s', (_why, name, now, before, kind) => {
  expect(compare({ [name]: now }, { [name]: before })[0]?.kind).toBe(kind);
});

test('a figure that is gone is told', () => {
  expect(compare({}, { 'a.b': figure(1) })).toEqual([{ kind: 'missing', name: 'a.b', accepted: 1 }]);
});
