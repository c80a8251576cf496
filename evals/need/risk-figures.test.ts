import { describe, expect, test } from 'vitest';
import { readRisk } from '../../src/predict/risk-reader.ts';
import { ownRows } from './own-rows.ts';
import { riskRows } from './risk-figures.ts';

describe('what words carry', () => {
  const rows = riskRows();

  test.each([
    ['jailbreak', 0.9],
    ['personal-data', 0.7],
  ])('most of what is written as %s is seen, in every language', (risk, least) => {
    const mine = rows.filter((row) => row.risk === risk);
    expect(mine.length).toBeGreaterThan(50);
    expect(mine.filter(({ text }) => readRisk(text).risk === risk).length / mine.length).toBeGreaterThan(least);
    const byLanguage = Map.groupBy(mine, ({ language }) => language);
    const unseen = [...byLanguage].filter(([, some]) => !some.some(({ text }) => readRisk(text).risk === risk));
    expect(unseen.map(([language]) => language)).toEqual([]);
  });

  test('ordinary work that talks of rules, prompts and fields is left alone', () => {
    const ordinary = [...rows.filter(({ risk }) => risk === 'none'), ...ownRows()];
    expect(ordinary.length).toBeGreaterThan(1000);
    const alarms = ordinary.filter(({ text }) => readRisk(text).risk !== 'none');
    expect(alarms.map(({ text }) => text)).toEqual([]);
  });
});
