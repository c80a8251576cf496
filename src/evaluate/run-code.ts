import { randomUUID } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { jsonIn, type JsonValue } from '../domain/json.ts';
import { SECOND_MS } from '../domain/time.ts';
import { runProcess } from '../tools/command-runner/run-process.ts';
import { openSandbox, type SandboxKind } from '../tools/sandbox/sandbox.ts';
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

/** Opens a room in a folder of its own, without network. */
export function openCodeRoom(env: Environment): CodeRoom {
  const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-evaluate-')));
  const limits = { memoryBytes: MEMORY_BYTES };
  const sandbox = openSandbox({ workspace, env, closed: [], network: false, limits });
  return {
    kind: sandbox.kind,
    run: async (source, inputs, signal) => {
      const nothing = inputs.map(() => undefined);
      if (source.length > MAX_SOURCE_CHARS) return nothing;
      const name = randomUUID();
      const [file, into] = ['mjs', 'json'].map((end) => path.join(workspace, `${name}.${end}`)) as [string, string];
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
      for (const left of readdirSync(workspace)) rmSync(path.join(workspace, left), { recursive: true, force: true });
      if (!Array.isArray(results) || results.length !== inputs.length) return nothing;
      return results.map((one) => (Array.isArray(one) ? (one[0] as JsonValue) : undefined));
    },
    close: () => {
      sandbox.close();
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}

/** What was written lies where a model's code may write: nothing is followed, and nothing large is read. */
function textOf(file: string): string {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= MAX_OUTPUT_BYTES ? readFileSync(file, 'utf8') : '';
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
