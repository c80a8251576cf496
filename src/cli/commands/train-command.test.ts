import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseArtifact } from '../../predict/artifact.ts';
import type { CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { command } from './train-command.ts';

const cwd = mkdtempSync(path.join(tmpdir(), 'pointsman-train-command-'));
afterAll(() => rmSync(cwd, { recursive: true }));
const said: string[] = [];
const io: CommandIo = {
  stdout: (text) => said.push(text),
  stderr: (text) => said.push(text),
  env: {},
  cwd,
  isTerminal: false,
  signal: new AbortController().signal,
};
writeFileSync(
  path.join(cwd, 'rows.jsonl'),
  Array.from({ length: 20 }, (_, index) =>
    JSON.stringify({ id: `r/${index}`, task_type: 'code', outcomes: { a: { score: 1 }, b: { score: index % 2 } } }),
  ).join('\n'),
);

describe('pointsman train', () => {
  test('writes an artifact and its card, and says what it is compared with', async () => {
    const args = [
      '--data',
      'rows.jsonl=MIT',
      '--no-encoder',
      '--as-of',
      '2026-11-21',
      '--name',
      'mine',
      '--out',
      'made',
    ];
    expect(await command.run(args, io)).toBe(EXIT.ok);
    const artifact = parseArtifact(readFileSync(path.join(cwd, 'made/predictor.json'), 'utf8'));
    expect(artifact).toMatchObject({ name: 'mine', asOf: '2026-11-21', sources: [{ licence: 'MIT', rowCount: 20 }] });
    expect(readFileSync(path.join(cwd, 'made/MODEL-CARD.md'), 'utf8')).toContain('artifact in use');
    expect(said.join('')).toContain('abilities from 20 tasks');
  });

  test('writes each head as an ONNX file beside it, the same bytes for the same data', async () => {
    const prompts = ['testing', 'code-review', 'simple-code'].flatMap((category) =>
      Array.from({ length: 30 }, (_, index) => ({ prompt: `${category} of module ${index}`, category })),
    );
    writeFileSync(path.join(cwd, 'prompts.jsonl'), prompts.map((row) => JSON.stringify(row)).join('\n'));
    const args = ['--data', 'prompts.jsonl', '--no-encoder', '--as-of', '2026-11-21'];
    const made = await Promise.all(
      ['first', 'second'].map(async (out) => {
        expect(await command.run([...args, '--out', out], io)).toBe(EXIT.ok);
        return readFileSync(path.join(cwd, out, 'kind.hashed-1024-1.onnx'));
      }),
    );
    expect(made[0]?.equals(made[1] ?? Buffer.alloc(0))).toBe(true);
    expect(made[0]?.length).toBeGreaterThan(4 * 1024 * 3);
    expect(said.join('')).toContain('POINTSMAN_PREDICTOR=');
  });

  test('an empty store is refused, and what would fill it is said', async () => {
    const store = mkdtempSync(path.join(tmpdir(), 'pointsman-train-store-'));
    const empty = { ...io, env: { POINTSMAN_STORE: store } };
    await expect(command.run(['--data', 'records', '--no-encoder'], empty)).rejects.toMatchObject({
      code: 'request-invalid',
      hint: expect.stringContaining('record_outcome') as string,
    });
    rmSync(store, { recursive: true });
  });

  test.each([
    [[], /nothing to learn from/u],
    [['--data', 'missing.jsonl'], /Cannot read/u],
    [['--data', 'rows.jsonl', '--as-of', 'yesterday'], /not a day/u],
    [['--data', 'rows.jsonl', '--seed', 'x', '--no-encoder'], /not a whole number/u],
  ] as const)('%j is refused with what to do', async (args, message) => {
    await expect(command.run([...args], io)).rejects.toMatchObject({
      code: 'request-invalid',
      message: expect.stringMatching(message) as string,
    });
  });
});
