import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure } from '../../src/domain/figure.ts';
import { readRisk } from '../../src/predict/risk-reader.ts';
import type { NeedRow } from './training/need-row.ts';

/** Words of which it is known what they carry. */
export interface RiskRow {
  readonly language: string;
  readonly risk: string;
  readonly text: string;
}

/** Words written for this project: jailbreaks, personal data of nobody, and ordinary work that talks of both. */
export function riskRows(): readonly RiskRow[] {
  return readFileSync(path.join(import.meta.dirname, 'risk-rows.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [language = '', risk = '', ...words] = line.split('|');
      return { language, risk, text: words.join('|') };
    });
}

/** How much of what words carry is seen, and how often ordinary steps are taken for it. */
export function riskFigures(steps: readonly NeedRow[]): Readonly<Record<string, Figure>> {
  const rows = riskRows();
  const recall = (risk: string): Figure => {
    const mine = rows.filter((row) => row.risk === risk);
    return share(mine.filter(({ text }) => readRisk(text).risk === risk).length, mine.length, 'of own rows');
  };
  const ordinary = [...rows.filter(({ risk }) => risk === 'none'), ...steps];
  const alarms = ordinary.filter(({ text }) => readRisk(text).risk !== 'none');
  return {
    'need.risk.jailbreak.seen.accuracy.pct': recall('jailbreak'),
    'need.risk.personal_data.seen.accuracy.pct': recall('personal-data'),
    'need.risk.false_alarm.pct': share(alarms.length, ordinary.length, 'of ordinary steps'),
  };
}

function share(count: number, n: number, of: string): Figure {
  return { value: Number(((100 * count) / n).toFixed(2)), unit: `percent ${of}`, n, label: 'measured' };
}
