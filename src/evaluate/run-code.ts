import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { jsonIn, type JsonValue } from '../domain/json.ts';
import { SECOND_MS } from '../domain/time.ts';
import { runProcess } from '../tools/command-runner/run-process.ts';
import { openSandbox, type Sandbox, type SandboxKind } from '../tools/sandbox/sandbox.ts';
import type { CodeRunner } from './task.ts';

/** Where code of models runs: closed off from the machine, with nothing of ours in sight. */
export interface CodeRoom {
  /** `none`: this system offers nothing that could hold it. */
  readonly kind: SandboxKind;
  readonly run: CodeRunner;
  close(): void;
}

const TIMEOUT_MS = 10 * SECOND_MS;
const MAX_OUTPUT_BYTES = 1_000_000;
const MAX_SOURCE_CHARS = 100_000;
const MEMORY_BYTES = 4 * 1024 ** 3;

/** Opens a room in folders of its own, one for each answer, without network. */
export function openCodeRoom(env: Environment): CodeRoom {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-evaluate-')));
  const open = (workspace: string, kinds?: readonly SandboxKind[]): Sandbox =>
    openSandbox({
      workspace,
      env,
      closed: [],
      network: false,
      limits: { memoryBytes: MEMORY_BYTES },
      ...(kinds && { kinds }),
    });
  const first = open(dir);
  const { kind } = first;
  first.close();
  return {
    kind,
    run: async (source, inputs, signal) => {
      const nothing = inputs.map(() => undefined);
      if (source.length > MAX_SOURCE_CHARS) return nothing;
      const name = randomUUID();
      const workspace = path.join(dir, name);
      const [file, into] = ['mjs', 'json'].map((end) => path.join(workspace, `${name}.${end}`)) as [string, string];
      mkdirSync(workspace);
      const sandbox = open(workspace, [kind]);
      try {
        writeFileSync(file, scriptOf(source, inputs, into));
        const command = sandbox.wrap({ file: process.execPath, args: [file], cwd: workspace });
        await runProcess({
          ...command,
          env: { PATH: env['PATH'] ?? '' },
          timeoutMs: TIMEOUT_MS,
          maxOutputBytes: MAX_OUTPUT_BYTES,
          signal,
        });
        const results = jsonIn(textOf(into));
        if (!Array.isArray(results) || results.length !== inputs.length) return nothing;
        return results.map((one) => (Array.isArray(one) ? (one[0] as JsonValue) : undefined));
      } finally {
        sandbox.close();
        remove(workspace);
      }
    },
    close: () => remove(dir),
  };
}

/** Also folders that were closed, which none but root may empty. */
function remove(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {
    spawnSync('chmod', ['-R', 'u+rwx', '--', dir], { stdio: 'ignore' });
    spawnSync('rm', ['-rf', '--', dir], { stdio: 'ignore' });
  }
}

/** What was written lies where a model's code may write: nothing is followed, nothing large is read, and what cannot be is nothing. */
function textOf(file: string): string {
  try {
    const found = lstatSync(file);
    return found.isFile() && found.size <= MAX_OUTPUT_BYTES ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

/** Each result in a list of its own, so that what failed is told from what returned nothing. */
function scriptOf(source: string, inputs: readonly JsonValue[], into: string): string {
  return [
    source,
    `;const results = JSON.parse(${JSON.stringify(JSON.stringify(inputs))}).map((input) => {`,
    '  try { const value = solve(input); return value === undefined ? null : [value]; } catch { return null; }',
    '});',
    `(await import('node:fs')).writeFileSync(${JSON.stringify(into)}, JSON.stringify(results));`,
  ].join('\n');
}
