import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findChecks } from './find-checks.ts';

const MANIFESTS = ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'tox.ini', 'conftest.py'] as const;
/** Locks of those that keep an environment elsewhere, and what asks them for its Python. */
const MANAGERS = {
  'uv.lock': 'uv run --offline --frozen python',
  'poetry.lock': 'poetry run python',
  'pdm.lock': 'pdm run python',
  'pixi.lock': 'pixi run --frozen python',
  Pipfile: 'pipenv run python',
} as const;

const world = fc.record({
  part: fc.constantFrom('', 'api', 'services/api'),
  manifest: fc.constantFrom(...MANIFESTS),
  manager: fc.option(fc.constantFrom(...(Object.keys(MANAGERS) as (keyof typeof MANAGERS)[])), { nil: undefined }),
  environment: fc.option(fc.constantFrom('.venv', 'venv', 'env', '.env'), { nil: undefined }),
  isAtRoot: fc.boolean(),
  isWindows: fc.boolean(),
});

test('Python is that of the environment in the project, else of what manages one, else of the machine', () => {
  fc.assert(
    fc.property(world, ({ part, manifest, manager, environment, isAtRoot, isWindows }) => {
      const root = mkdtempSync(path.join(tmpdir(), 'pointsman-environments-'));
      try {
        const put = (name: string): void => {
          mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
          writeFileSync(path.join(root, name), '');
        };
        put(path.join(part, manifest));
        put(path.join(part, 'tests/test_a.py'));
        if (manager !== undefined) put(path.join(part, manager));
        const place = path.join(isAtRoot ? '' : part, environment ?? 'none');
        const python = isWindows ? 'Scripts/python.exe' : 'bin/python';
        if (environment !== undefined) for (const name of ['pyvenv.cfg', python]) put(path.join(place, name));
        const [found] = findChecks(root, { said: [], home: undefined }).filter(({ role }) => role === 'tests');
        const started = [found, ...(found?.instead ?? [])].map((one) => [one?.program, ...(one?.args ?? [])].join(' '));
        expect(found?.cwd).toBe(part);
        const managed = manager === undefined ? 'python3' : MANAGERS[manager];
        const own = `./${path.join(path.relative(part, place), python)}`;
        expect(started[0]).toBe(
          `${environment === undefined ? managed : own} -m pytest -q --continue-on-collection-errors`,
        );
        // Where that one is not there the machine's own is tried.
        expect(started).toContain('python3 -m pytest -q --continue-on-collection-errors');
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 200 },
  );
});
