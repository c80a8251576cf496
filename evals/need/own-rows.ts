import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseNeedRows, type NeedRow } from './training/need-row.ts';

const BEFORE = /^(user|assistant|tool): (.*)$/su;

/**
 * Labelled steps that were written for this project's own training, beside what others labelled: single ones, and pairs that
 * share their words and need something else.
 */
export function ownRows(): readonly NeedRow[] {
  const single = linesOf('own-rows.txt').map((line, index) => toJson(line, `own/${index}`));
  const paired = linesOf('own-pairs.txt').map((line, index) => {
    const pair = `own-pair-${Math.floor(index / 2)}`;
    return toJson(line, `own/p${index}`, pair);
  });
  return parseNeedRows([...single, ...paired].join('\n'));
}

function linesOf(file: string): readonly string[] {
  return readFileSync(path.join(import.meta.dirname, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function toJson(line: string, id: string, pair?: string): string {
  const [lang = '', kind, size, difficulty, stakes, before = '', ...words] = line.split('|');
  const context = before.split(' / ').flatMap((one) => {
    const [, role, text] = BEFORE.exec(unescaped(one)) ?? [];
    return role === undefined ? [] : [{ role, text }];
  });
  const labels = { kind, size, difficulty: Number(difficulty), stakes: Number(stakes) };
  return JSON.stringify({ id, lang, context, text: unescaped(words.join('|')), ...labels, pair });
}

/** A line break is written `\n`, as a row is a line. */
function unescaped(text: string): string {
  return text.replaceAll(String.raw`\n`, '\n');
}
