import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseNeedRows, type NeedRow } from './training/need-row.ts';

const BEFORE = /^(user|assistant|tool): (.*)$/u;

/** Labelled steps that were written for this project's own training, beside what others labelled. */
export function ownRows(): readonly NeedRow[] {
  const lines = readFileSync(path.join(import.meta.dirname, 'own-rows.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return parseNeedRows(lines.map(toJson).join('\n'));
}

function toJson(line: string, index: number): string {
  const [lang = '', kind, size, difficulty, stakes, before = '', ...words] = line.split('|');
  const context = before.split(' / ').flatMap((one) => {
    const [, role, text] = BEFORE.exec(one) ?? [];
    return role === undefined ? [] : [{ role, text }];
  });
  const labels = { kind, size, difficulty: Number(difficulty), stakes: Number(stakes) };
  return JSON.stringify({ id: `own/${index}`, lang, context, text: words.join('|'), ...labels });
}
