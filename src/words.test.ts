import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOf, readTexts } from './testing/internal/house/source-tree.ts';

/** What stands in code in the last column of the table of `domain/README.md`: words that no name of ours is made of. */
const table = readFileSync(path.join(import.meta.dirname, 'domain/README.md'), 'utf8');
const banned = new Set(
  [...table.matchAll(/\| ((?:`[a-z]+`(?:, )?)+) \|$/gmu)].flatMap(([, cell = '']) => cell.match(/[a-z]+/gu) ?? []),
);

/** Where an old word must be known: stores of before are read there. */
const READERS_OF_OLD = new Set([
  'recorder/read-record.ts',
  'orchestrator/journal/sqlite/journal-form.ts',
  'orchestrator/journal/journals.test.ts',
]);

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .replaceAll(/[_$#-]/gu, ' ')
    .toLowerCase()
    .split(' ');
}

/** Names of a source, its own included, that hold a banned word. */
function privateWords(file: string, text: string): readonly string[] {
  const names = [path.posix.basename(file, '.ts'), ...(codeOf(text).match(/[A-Za-z_$][\w$]*/gu) ?? [])];
  return [...new Set(names)].filter((name) =>
    wordsOf(name.replace(/\.(?:test|e2e|bench)$/u, '')).some((word) => banned.has(word)),
  );
}

/** Lines of a page that hold a banned word as a word. The table itself names them in code, in its last column; what a word was before is said as `(was …)`. */
function privateLines(page: string): readonly string[] {
  const lines = page
    .replaceAll(/\| (?:`[a-z]+`(?:, )?)+ \|$/gmu, '|')
    .replaceAll(/\(was `[a-z]+`\)/gu, '')
    .split('\n');
  return lines.filter((line) => (line.toLowerCase().match(/[a-z]+/gu) ?? []).some((word) => banned.has(word)));
}

describe('the words of the house', () => {
  const texts = new Map(
    ['src', 'evals', 'scripts'].flatMap((folder) =>
      [...readTexts(path.join(import.meta.dirname, '..', folder))].map(
        ([file, text]) => [folder === 'src' ? file : `${folder}/${file}`, text] as const,
      ),
    ),
  );

  test('are read from the table', () => {
    expect(banned.size).toBeGreaterThan(12);
    expect([...banned]).toEqual(expect.arrayContaining(['mend', 'told', 'minted', 'doorkeeper']));
    expect(texts.size).toBeGreaterThan(500);
    for (const folder of ['evals', 'scripts'])
      expect([...texts.keys()].filter((file) => file.startsWith(`${folder}/`)).length, folder).toBeGreaterThan(5);
  });

  test('name everything', () => {
    const found = [...texts].flatMap(([file, text]) =>
      READERS_OF_OLD.has(file) ? [] : privateWords(file, text).map((name) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });

  test.each([
    ['const mend = 1;', ['mend']],
    ['interface A { readonly toldRatio: number; isIll?: boolean }', ['toldRatio', 'isIll']],
    ['class BeliefBook { #mint = 1; }', ['BeliefBook', 'mint']],
    ['const text = `a ${tellAgain(1)} b`;', ['tellAgain']],
    ['// mend\n/* told */ const a = \'mend\', b = "told", c = `minted`, amend = /mend/u, still = 1;', []],
  ])('%j holds %j', (text, names) => {
    expect(privateWords('domain/planted.ts', text)).toEqual(names);
  });

  test('name files too', () => {
    expect(privateWords('money/money-book.test.ts', '')).toEqual(['money-book.test']);
  });

  test('are the words of the pages too', () => {
    const root = path.join(import.meta.dirname, '..');
    const atRoot = readdirSync(root).filter((file) => file.endsWith('.md'));
    const inFolders = ['src', 'docs', 'evals'].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((file) => path.join(folder, file).split(path.sep).join('/'))
        .filter((file) =>
          folder === 'src' ? file.endsWith('/README.md') : file.endsWith('.md') && !file.includes('node_modules'),
        )
        // Decision records are never rewritten.
        .filter((file) => !file.startsWith('docs/decisions/')),
    );
    const pages = [...atRoot, ...inFolders];
    expect(atRoot).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md']));
    expect(pages.length).toBeGreaterThan(40);
    const found = pages.flatMap((file) =>
      privateLines(readFileSync(path.join(root, file), 'utf8')).map((line) => `${file}: ${line}`),
    );
    expect(found).toEqual([]);
  });

  test.each([
    ['An older Node is told so.', 1],
    ['| hint | what to do | `mend` |', 0],
    ['| `told` | what to do | `mend` |', 1],
    ['Errors carry a `hint` (was `mend`).', 0],
    ['It was `mend`.', 1],
    ['The amendment of a household.', 0],
  ])('the page %j holds %d', (page, count) => {
    expect(privateLines(page)).toHaveLength(count);
  });
});
