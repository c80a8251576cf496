import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { command as keys } from '../keys/keys-command.ts';
import { command as audit } from './audit-command.ts';

const home = mkdtempSync(path.join(tmpdir(), 'pointsman-audit-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: CliCommand, ...args: readonly string[]): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await command.run(args, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    env: { HOME: home },
    cwd: home,
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

interface Entries {
  readonly data: {
    readonly isWhole: boolean;
    readonly count: number;
    readonly chains: readonly { readonly head: string }[];
    readonly entries: readonly { readonly act: string; readonly subject: string; readonly detail: object }[];
  };
}

async function entriesNow(): Promise<Entries['data']> {
  return (JSON.parse((await run(audit, '--json')).stdout) as Entries).data;
}

describe('the audit trail of a store', () => {
  let id = '';
  beforeAll(async () => {
    const added = await run(keys, 'add', 'team', '--month-usd', '20', '--policy', 'thrifty', '--json');
    id = (JSON.parse(added.stdout) as { readonly data: { readonly id: string } }).data.id;
    await run(keys, 'rotate', id);
    await run(keys, 'revoke', id);
  });

  test('says who did what to keys, and holds no token', async () => {
    const { count, entries, isWhole } = await entriesNow();
    expect([count, isWhole]).toEqual([3, true]);
    expect(entries.map(({ act, subject }) => [act, subject])).toEqual([
      ['key-added', id],
      ['key-rotated', id],
      ['key-revoked', id],
    ]);
    expect(entries[0]?.detail).toMatchObject({
      name: 'team',
      policy: 'thrifty',
      models: 'all',
      monthNanoUsd: 20_000_000_000,
    });
    const text = await run(audit);
    expect(text.stdout).toMatch(/key-added {2}\S+ {2}by user \S+ at /u);
    expect(text.stdout).not.toMatch(/pm-|sk-|hash/u);
  });

  test('is one line an entry for programs and rows for spreadsheets', async () => {
    const lines = (await run(audit, '--jsonl')).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { readonly seq: number }).seq)).toEqual([1, 2, 3]);
    const rows = (await run(audit, '--csv')).stdout.trim().split('\n');
    expect(rows[0]).toBe('at,actor,act,subject,detail,chain,seq,hash');
    expect(rows).toHaveLength(4);
  });

  test('shows the newest, and only what is young enough', async () => {
    const { stdout, stderr } = await run(audit, '--limit', '1');
    expect(stdout).toContain('key-revoked');
    expect(stdout).not.toContain('key-rotated');
    expect(stderr).toContain('The newest 1 of 3');
    expect((await run(audit, '--since', '1h')).stdout).toContain('key-added');
  });

  test.each([
    [['--since', 'soon']],
    [['--limit', '0']],
    [['--limit', '1.5']],
    [['--head', 'x']],
    [['--json', '--csv']],
    [['--verify', '--jsonl']],
  ])('refuses %j', async (args) => {
    await expect(run(audit, ...args)).rejects.toMatchObject({ code: 'request-invalid' });
  });

  test('a head that was kept elsewhere stands in it, and another does not', async () => {
    const head = (await entriesNow()).chains[0]?.head ?? '';
    const whole = await run(audit, '--verify', '--head', head);
    expect([whole.code, whole.stdout]).toEqual([EXIT.ok, expect.stringContaining('3 entries, whole')]);
    const lost = await run(audit, '--verify', '--head', head.toLowerCase());
    expect([lost.code, lost.stdout]).toEqual([EXIT.failed, expect.stringContaining('is missing')]);
    const dashed = await run(audit, '--verify', '--head', `-${'a'.repeat(42)}`);
    expect([dashed.code, dashed.stdout]).toEqual([EXIT.failed, expect.stringContaining('is missing')]);
  });

  test('that was changed outside is shown, and ends with an error', async () => {
    const database = new DatabaseSync(path.join(home, '.local/share/pointsman/store/audit.db'));
    database.exec("drop trigger audit_unchanged; update audit set actor = 'nobody' where seq = 2");
    database.close();
    const { code, stdout, stderr } = await run(audit);
    expect([code, stdout]).toEqual([EXIT.failed, expect.stringContaining('by nobody')]);
    expect(stderr).toContain('changed outside at entry 2');
    expect((await run(audit, '--verify', '--json')).stdout).toContain('"isWhole": false');
  });
});
