import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readTexts } from '../src/testing/internal/house/source-tree.ts';

const root = path.join(import.meta.dirname, '..');
const linesOf = (file: string): readonly string[] => readFileSync(path.join(root, file), 'utf8').split('\n');

/** Lines that `isException` finds and that no comment stands above. */
function bare(lines: readonly string[], isException: (line: string) => boolean): readonly string[] {
  return lines.filter((line, at) => isException(line) && !/^\s*\/\/ \S.{15,}/u.test(lines[at - 1] ?? ''));
}

test('a rule that is off, and an override, say why above it', () => {
  const lines = linesOf('.oxlintrc.json');
  const isException = (line: string): boolean => /: "off",?$/u.test(line) || /^\s*"files": \[/u.test(line);
  expect(lines.filter(isException).length).toBeGreaterThan(10);
  expect(bare(lines, isException)).toEqual([]);
});

test.each(['knip.jsonc', 'knip.production.jsonc'])('what %s ignores says why', (file) => {
  const lines = linesOf(file);
  const settings = lines.filter((line) => /^\s*"ignore\w+":/u.test(line));
  expect(settings.length).toBeGreaterThan(1);
  const unexplained = settings.filter((line) => {
    const at = lines.indexOf(line);
    return ![lines[at - 1], lines[at + 1]].some((beside) => /^\s*\/\/ \S.{15,}/u.test(beside ?? ''));
  });
  expect(unexplained).toEqual([]);
});

test('a line that turns a rule off says why', () => {
  const texts = ['src', 'evals', 'scripts'].flatMap((folder) => [...readTexts(path.join(root, folder))]);
  const found = texts.flatMap(([file, text]) =>
    [...text.matchAll(/^\s*(?:\/\/|\/\*) (?:oxlint|eslint)-disable.*$/gmu)].map(([line]) => `${file}: ${line.trim()}`),
  );
  expect(found.length).toBeGreaterThan(5);
  expect(found.filter((line) => !/ -- \S.{8,}/u.test(line))).toEqual([]);
});

test('no type is taken on trust by a comment', () => {
  const texts = ['src', 'evals', 'scripts'].flatMap((folder) => [...readTexts(path.join(root, folder))]);
  expect(
    texts.filter(([, text]) => /^\s*\/\/ @ts-(?:ignore|expect-error|nocheck)/mu.test(text)).map(([file]) => file),
  ).toEqual([]);
});
