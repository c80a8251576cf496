import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '../../../domain/json.ts';
import type { RealClient } from '../clients.ts';
import type { AskedStep } from '../test-bed.ts';

/** Harnesses that have a client to be tested with. */
export const REAL_HANDS = ['claude-code', 'codex', 'acp:gemini', 'acp:opencode', 'acp:qwen'] as const;
export type RealHand = (typeof REAL_HANDS)[number];

interface HarnessTool {
  readonly name: string;
  readonly input: JsonObject;
}

interface TriedHand {
  readonly client: RealClient;
  /** What it is found as on a search path. */
  readonly program: string;
  /** Of another vendor than its own. */
  readonly pool: readonly string[];
  /** How its model asks for a file; some write none that they have not read. */
  readonly read: (file: string) => HarnessTool;
  readonly write: (file: string, text: string) => HarnessTool;
}

export const TRIED_HANDS: Readonly<Record<RealHand, TriedHand>> = {
  'claude-code': {
    client: 'claude-code',
    program: 'claude',
    pool: ['gpt-6-luna', 'gpt-6-sol'],
    read: (file) => ({ name: 'Read', input: { file_path: file } }),
    write: (file, text) => ({ name: 'Write', input: { file_path: file, content: text } }),
  },
  codex: {
    client: 'codex',
    program: 'codex',
    pool: ['claude-opus-5-5'],
    read: (file) => ({ name: 'exec_command', input: { cmd: `cat '${file}'` } }),
    write: (file, text) => ({
      name: 'exec_command',
      input: { cmd: `printf %s '${text.replaceAll("'", String.raw`'\''`)}' > '${file}'` },
    }),
  },
  'acp:gemini': {
    client: 'gemini',
    program: 'gemini',
    pool: ['claude-opus-5-5'],
    read: (file) => ({ name: 'read_file', input: { file_path: file } }),
    write: (file, text) => ({ name: 'write_file', input: { file_path: file, content: text } }),
  },
  'acp:opencode': {
    client: 'opencode',
    program: 'opencode',
    pool: ['claude-opus-5-5'],
    read: (file) => ({ name: 'read', input: { filePath: file } }),
    write: (file, text) => ({ name: 'write', input: { filePath: file, content: text } }),
  },
  'acp:qwen': {
    client: 'qwen',
    program: 'qwen',
    pool: ['claude-opus-5-5'],
    read: (file) => ({ name: 'read_file', input: { file_path: file } }),
    write: (file, text) => ({ name: 'write_file', input: { file_path: file, content: text } }),
  },
};

/** An environment whose search path has these harnesses, and a home that is new. @param files where each lies */
export function harnessEnvironment(
  dir: string,
  files: Readonly<Partial<Record<RealHand, string>>>,
): Readonly<Record<string, string>> {
  const bin = path.join(dir, 'bin');
  const home = path.join(dir, 'home');
  for (const folder of [bin, home]) mkdirSync(folder, { recursive: true });
  for (const name of REAL_HANDS) {
    const file = files[name];
    if (file === undefined) continue;
    // Not every package marks its program as one.
    const start = file.endsWith('.js') ? `"${process.execPath}" "${file}"` : `"${file}"`;
    writeFileSync(path.join(bin, TRIED_HANDS[name].program), `#!/bin/sh\nexec ${start} "$@"\n`, { mode: 0o755 });
  }
  return { PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: home };
}

/** The copy in which a harness works, as it says in its own words. */
export function copySaid({ request }: Pick<AskedStep, 'request'>): string {
  const found = /\/[^"'\\\s<>`]*\/tree\/workspace/u.exec(JSON.stringify(request))?.[0];
  if (found === undefined) throw new Error('The harness names no copy.');
  return found;
}
