import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const page = readFileSync(path.join(root, 'docs', 'honest.md'), 'utf8');
const folder = path.join(root, 'evals', 'baselines');
const accepted = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) =>
      Object.entries(
        JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Readonly<
          Record<string, { readonly value: number }>
        >,
      ).map(([name, { value }]) => [name, { value, suite: path.basename(file, '.json') }] as const),
    ),
);

/** Rows of the page's tables: the figure's name, the figure as it is written, and the suite whose command stands above. */
const claims = [...page.matchAll(/^\| .*?[^|]+? \| `([\w.-]+)` \| (-?[\d.]+) \|$/gmu)].map(
  ({ 1: name = '', 2: said = '', index }) => ({
    name,
    said,
    suite: [...page.slice(0, index).matchAll(/`npm run eval -- ([\w-]+)(?: --data DIR)?`/gu)].at(-1)?.[1],
  }),
);

describe('docs/honest.md says what was measured', () => {
  test('every table row is a claim, and there are as many as rows', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:what|---)/u.test(line));
    expect(claims).toHaveLength(rows.length);
    expect(claims.length).toBeGreaterThan(20);
  });

  test.each(claims)('$name is $said, as $suite measures it', ({ name, said, suite }) => {
    const value = accepted.get(name)?.value;
    expect(value, `${name} is in no baseline`).toBeDefined();
    expect(accepted.get(name)?.suite).toBe(suite);
    const decimals = said.split('.')[1]?.length ?? 0;
    // Rounded as it is written, and no -0.
    expect(Number((value ?? Number.NaN).toFixed(decimals)) + 0).toBe(Number(said) + 0);
  });
});
