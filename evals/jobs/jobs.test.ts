import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { jobCases } from './job-cases.ts';
import { LANGUAGES, type Language } from './languages.ts';
import { playJob } from './play-job.ts';
import { PROPERTIES, buildRepository, differences, snapshot } from './repository.ts';
import { QUALITIES } from './scripted-words.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function languageOf(name: string): Language {
  const found = LANGUAGES.find((language) => language.name === name);
  if (found === undefined) throw new Error(`no language ${name}`);
  return found;
}

function build(name: string, property: (typeof PROPERTIES)[number]): ReturnType<typeof buildRepository> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-jobs-'));
  folders.push(folder);
  return buildRepository(folder, languageOf(name), property, true);
}

test('there are enough cases, and each language, property and quality is among them, also in the small sample', () => {
  const cases = jobCases(LANGUAGES, false);
  expect(cases.length).toBeGreaterThanOrEqual(40);
  for (const sample of [cases, jobCases(LANGUAGES, true)]) {
    expect(new Set(sample.map((one) => one.language))).toEqual(new Set(LANGUAGES));
    expect(new Set(sample.map((one) => one.property))).toEqual(new Set(PROPERTIES));
    expect(new Set(sample.map((one) => one.quality))).toEqual(new Set(QUALITIES));
  }
});

test.each(LANGUAGES.map((language) => language.name))('the fault of %s is one place of its source', (name) => {
  const language = languageOf(name);
  expect(language.files[language.source]?.split('{fault}').length).toBe(2);
  const { folder, source, sourceWith } = build(name, 'crlf');
  const before = readFileSync(path.join(folder, source), 'latin1');
  expect(before.split(language.fault).length).toBe(2);
  expect(sourceWith(language.right).toString('latin1')).toBe(before.replace(language.fault, () => language.right));
});

test('what a repository holds beside its change is seen byte for byte, and what its tools make is not', () => {
  const { folder } = build('rust', 'submodule');
  const before = snapshot(folder, languageOf('rust'));
  mkdirSync(path.join(folder, 'target'));
  writeFileSync(path.join(folder, 'target/lib.rlib'), 'made');
  expect(differences(before, snapshot(folder, languageOf('rust')))).toEqual([]);
  writeFileSync(path.join(folder, 'README.md'), '# calc\n\nIt sums. \n');
  writeFileSync(path.join(folder, 'vendor/lib/.git/HEAD'), 'ref: refs/heads/other\n');
  expect(differences(before, snapshot(folder, languageOf('rust')))).toEqual(['README.md', 'vendor/lib/.git/HEAD']);
});

test.each(QUALITIES)(
  'a job with models that are %s ends as it should',
  async (quality) => {
    const played = await playJob(
      { language: languageOf('shell'), property: 'dirty-tree', quality, writesWhole: false },
      true,
    );
    expect([played.complaints, played.changedOutside]).toEqual([[], []]);
  },
  300_000,
);

test('a job that ends otherwise is complained of', async () => {
  const language = { ...languageOf('shell'), right: '$1 * $2 + 1' };
  const { complaints } = await playJob({ language, property: 'plain', quality: 'right', writesWhole: false }, true);
  expect(complaints.join('\n')).toMatch(/ended "failed no-eligible-model" and not "done"/u);
}, 300_000);
