import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { toPointsmanError } from '../src/domain/errors.ts';
import { compare } from './compare.ts';
import { findDataDir, readBaseline, suiteNames } from './run.ts';
import type { Suite, SuiteContext, SuiteResult } from './suite.ts';

const names = suiteNames();
/** Suites that make their own sessions and read no file. */
const isSynthetic = (name: string): boolean => name.startsWith('economics') || hasTestOfItsOwn(name);
/** Bounds of their own, nothing at all or all of it, and tests beside what they run. */
const hasTestOfItsOwn = (name: string): boolean =>
  ['autopsy', 'evaluate', 'jobs', 'memory', 'scale', 'sight', 'trust', 'wires'].includes(name);
/** They fit models and take a minute even on samples; their parts have tests of their own. */
const isHeavy = (name: string): boolean =>
  /^(?:economics|quality|steps|robustness|trust|wires|sight|scale|jobs|autopsy|memory|evaluate)/u.test(name);
const dataDir = findDataDir(undefined, process.env);
if (dataDir === undefined) process.stdout.write('skipped: no data; suites were not run (set POINTSMAN_DATA)\n');

async function run(name: string, folder: string | undefined): Promise<SuiteResult> {
  const { suite } = (await import(path.join(import.meta.dirname, 'suites', `${name}.ts`))) as { readonly suite: Suite };
  expect(suite.name).toBe(name);
  const context: SuiteContext = {
    dataDir: folder,
    signal: new AbortController().signal,
    progress: () => undefined,
    print: () => undefined,
    quick: true,
  };
  return suite.run(context);
}

test('there are suites', () => expect(names.length).toBeGreaterThanOrEqual(4));

describe.each(names.filter((name) => !isSynthetic(name)))('%s', (name) => {
  test('says why it did not run and how to mend it when there is no data', async () => {
    expect(await run(name, undefined)).toEqual({
      kind: 'skipped',
      why: expect.stringMatching(/\w/u),
      hint: expect.stringContaining('--data'),
    });
  });

  test('a data folder without its files is no crash either', async () => {
    const result = await run(name, path.join(import.meta.dirname, 'no-such-folder')).catch(toPointsmanError);
    expect('hint' in result ? result.hint : undefined).toBeTruthy();
  });
});

describe.skipIf(dataDir === undefined).each(names.filter((name) => !isHeavy(name)))('%s', (name) => {
  test('runs on small samples and gives figures with values and labels', async () => {
    const result = await run(name, dataDir);
    expect(result.kind).toBe('ran');
    const figures = result.kind === 'ran' ? Object.entries(result.figures) : [];
    expect(figures.length).toBeGreaterThan(0);
    for (const [figure, { value, unit, label }] of figures) {
      expect(figure).toMatch(/^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)+$/u);
      expect(Number.isFinite(value), figure).toBe(true);
      expect(unit, figure).not.toBe('');
      expect(['measured', 'modelled', 'assumed']).toContain(label);
    }
  }, 600_000);
});

/** They make their own sessions from a seed, so that every clone can hold them against what was accepted. */
describe.each(names.filter((name) => isSynthetic(name) && !hasTestOfItsOwn(name)))('%s', (name) => {
  test('is no worse on its small sample than what was accepted', async () => {
    const result = await run(name, undefined);
    const accepted = readBaseline(name, true);
    expect(Object.keys(accepted).length).toBeGreaterThan(50);
    const verdicts = compare(result.kind === 'ran' ? result.figures : {}, accepted);
    expect(verdicts.filter((verdict) => verdict.kind !== 'better')).toEqual([]);
  }, 600_000);
});
