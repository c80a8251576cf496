import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../src/testing/internal/newcomer/copy-of-tree.ts';
import { CLONE_STEPS, NOT_TYPED, NPM_STEPS } from './afternoon/readme-steps.ts';
import { walkAsCloner, walkAsNpmUser, type Typed } from './afternoon/walk.ts';
import { installPackage, type InstalledPackage } from './installed-package.ts';

let installed: InstalledPackage;
beforeAll(() => {
  installed = installPackage();
});
afterAll(() => installed.remove());

const faults = (typed: readonly Typed[]): readonly string[] =>
  typed.flatMap(({ line, fault }) => (fault === undefined ? [] : [`${line}: ${fault}`]));

describe('the README, typed line by line by a newcomer', () => {
  test('does what it says for somebody who installed the package', async () => {
    const typed = await walkAsNpmUser(installed);
    for (const { line, skipped } of typed) if (skipped !== undefined) console.warn(`skipped: ${line}: ${skipped}`);
    expect(faults(typed)).toEqual([]);
    expect(typed.find(({ line }) => line === 'npx pointsman')?.seconds).toBeLessThan(10);
  }, 600_000);

  test('does what it says for somebody with a clone', async () => {
    expect(faults(await walkAsCloner(false))).toEqual([]);
  }, 600_000);

  test('has no line that is not typed without a reason', () => {
    const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    const lines = [...readme.matchAll(/```sh\n([\s\S]*?)```/gu)]
      .flatMap(([, block = '']) => block.split('\n'))
      .map((line) => line.replace(/\s*#.*$/u, ''))
      .filter((line) => line !== '');
    const typed = [...NPM_STEPS, ...CLONE_STEPS].map(({ line }) => line);
    expect([...typed, ...Object.keys(NOT_TYPED)].sort()).toEqual(lines.sort());
  });
});
