import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** How a workspace runs its own tests. A type and not an interface, so that it is JSON for a tool. */
export type TestCommand = { readonly program: string; readonly args: readonly string[] };

/** They go on after the first failure: what was never run before a change cannot be compared with what comes after. */
const PYTEST: TestCommand = { program: 'pytest', args: ['-q', '--continue-on-collection-errors'] };
const CARGO: TestCommand = { program: 'cargo', args: ['test', '--quiet', '--no-fail-fast'] };

const BY_FILE: readonly (readonly [file: string, command: TestCommand])[] = [
  ['pytest.ini', PYTEST],
  ['pyproject.toml', PYTEST],
  ['Cargo.toml', CARGO],
  ['go.mod', { program: 'go', args: ['test', './...'] }],
];

/** What npm writes into a new package: not a test. */
const NO_TEST = /no test specified/u;

/** The command that runs the workspace's tests, told from its manifest files; `undefined`: none is known. */
export async function findTestCommand(workspace: string): Promise<TestCommand | undefined> {
  const manifest = await readFile(path.join(workspace, 'package.json'), 'utf8').catch(() => undefined);
  const script = manifest === undefined ? undefined : testScript(manifest);
  if (script !== undefined && !NO_TEST.test(script)) return { program: 'npm', args: ['test', '--silent'] };
  for (const [file, command] of BY_FILE) {
    const found = await readFile(path.join(workspace, file)).then(
      () => true,
      () => false,
    );
    if (found) return command;
  }
  return undefined;
}

function testScript(manifest: string): string | undefined {
  try {
    const script: unknown = (JSON.parse(manifest) as { scripts?: { test?: unknown } } | null)?.scripts?.test;
    return typeof script === 'string' && script.trim() !== '' ? script : undefined;
  } catch {
    return undefined;
  }
}
