import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { command } from '../../src/cli/commands/spend-command.ts';
import type { SpendReport } from '../../src/spend/spend-table.ts';

/** What `pointsman spend PATH --by harness --json` says, on a machine that has nothing else. */
export async function spentOn(folder: string): Promise<SpendReport> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'pointsman-spent-'));
  let said = '';
  try {
    await command.run([folder, '--by', 'harness', '--timezone', 'UTC', '--json'], {
      stdout: (text) => void (said += text),
      stderr: (text) => void process.stderr.write(text),
      env: { HOME: home, XDG_DATA_HOME: path.join(home, 'data') },
      cwd: home,
      isTerminal: false,
      signal: new AbortController().signal,
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return (JSON.parse(said) as { readonly data: SpendReport }).data;
}
