import { expect, test } from 'vitest';
import type { Figure } from '../src/domain/figure.ts';
import { compare, toAccepted } from './compare.ts';

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
  ['less rank correlation is worse', 'need.difficulty.spearman.ratio', figure(0.5), figure(0.63), 'worse'],
  [
    'less of it in other languages is worse',
    'need.difficulty.other_languages.spearman.ratio',
    figure(0),
    figure(0.6),
    'worse',
  ],
  ['a better reader of stakes is no regression', 'need.stakes.auc.ratio', figure(0.87), figure(0.82), 'better'],
  ['easy and hard told apart less is worse', 'need.difficulty.auc_easy_hard.ratio', figure(0.8), figure(0.87), 'worse'],
  ['pairs in the wrong order are worse', 'need.pairs.order.pct', figure(70), figure(77), 'worse'],
  ['a harness’s calls taken for work are worse', 'need.harness.recall.pct', figure(90), figure(100), 'worse'],
  ['a harness’s task not named is worse', 'need.harness.task.pct', figure(90), figure(100), 'worse'],
  ['work taken for a harness’s is worse', 'need.harness.false.pct', figure(5), figure(0), 'worse'],
  ['a worse calibrated reader is worse', 'need.hard.ece.ratio', figure(0.06), figure(0.03), 'worse'],
  ['less of the gap closed is worse', 'need.bill.both.gap_closed.pct', figure(40), figure(55), 'worse'],
  [
    'fewer easy steps on cheap models are worse',
    'need.default.anthropic.easy_cheap.pct',
    figure(70),
    figure(80),
    'worse',
  ],
  ['fewer hard steps on able models are worse', 'need.default.all.hard_frontier.pct', figure(70), figure(80), 'worse'],
  ['fewer mixes of a dial are worse', 'need.mix.both.mixes.count', figure(7), figure(9), 'worse'],
  ['easy steps above hard ones are worse', 'need.mix.both.hard_above_easy.count', figure(10), figure(11), 'worse'],
  ['a dial that rises is worse', 'need.mix.both.rises.count', figure(1), figure(0), 'worse'],
  ['fewer steps on the ablest at the capable end are worse', 'need.mix.both.0', figure(80), figure(95), 'worse'],
  ['more steps on the ablest at the cheap end are worse', 'need.mix.both.10', figure(20), figure(5), 'worse'],
  ['a mix of one notch may move', 'need.mix.both.3', figure(60), figure(50), undefined],
  ['fewer requests that vendors take are worse', 'wires.pairs.accepted.pct', figure(97), figure(100), 'worse'],
  ['fewer jobs that end as they should are worse', 'jobs.right.pct', figure(97), figure(100), 'worse'],
  ['and by each who carries out steps', 'hands.codex.right.pct', figure(75), figure(100), 'worse'],
  ['a rival may move', 'economics.close.40.rival.weave.pct', figure(50), figure(0), undefined],
])('%s', (_why, name, now, before, kind) => {
  expect(compare({ [name]: now }, { [name]: before })[0]?.kind).toBe(kind);
});

test('a figure that is gone is told', () => {
  expect(compare({}, { 'a.b': figure(1) })).toEqual([{ kind: 'missing', name: 'a.b', accepted: 1 }]);
});

test('times of one machine are not accepted, bills and shares are', () => {
  const time = (unit: string): Figure => ({ ...figure(1), unit });
  const figures = { bill: time('USD'), share: figure(1), ms: time('ms of all threads a step'), us: time('µs a step') };
  expect(Object.keys(toAccepted(figures))).toEqual(['bill', 'share']);
});
