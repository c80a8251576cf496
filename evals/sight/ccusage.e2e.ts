import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../../src/cli/commands/spend-command.ts';
import type { SpendReport } from '../../src/spend/spend-table.ts';
import { installClient, runClient, temporaryFolder } from '../../src/testing/internal/clients.ts';
import { dataOf } from '../../src/testing/internal/json-data.ts';
import { layOutLogs } from '../../src/testing/internal/newcomer/client-home.ts';

const machine = temporaryFolder('pointsman-ccusage');
beforeAll(() => layOutLogs(machine.dir));
afterAll(() => machine.remove());

/** Tokens of one client's logs: what no cache held, what one held, what was written to one, and all with the answers. */
interface Tokens {
  readonly fresh: number;
  readonly read: number;
  readonly written: number;
  readonly all: number;
}

/** What ccusage calls the clients that both of us know. */
const NAMES = {
  'claude-code': 'claude',
  codex: 'codex',
  opencode: 'opencode',
  pi: 'pi',
  gemini: 'gemini',
  qwen: 'qwen',
  copilot: 'copilot',
} as const;

async function ours(): Promise<ReadonlyMap<string, Tokens>> {
  let said = '';
  await command.run(['--by', 'harness', '--json'], {
    stdout: (text) => void (said += text),
    stderr: (text) => expect.fail(text),
    env: { HOME: machine.dir },
    cwd: machine.dir,
    isTerminal: false,
    signal: new AbortController().signal,
  });
  const { rows } = dataOf(said) as SpendReport;
  return new Map(
    rows.map(({ key, usage }) => {
      const [fresh, read, written] = [usage.uncachedTokens, usage.cacheReadTokens ?? 0, usage.cacheWriteTokens ?? 0];
      return [key, { fresh, read, written, all: fresh + read + written + usage.outputTokens }];
    }),
  );
}

test('tokens of every client equal those that ccusage reads from the same logs', async () => {
  const installed = await installClient('ccusage');
  if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
  const counted = await ours();
  for (const [client, name] of Object.entries(NAMES)) {
    const { stdout, stderr } = await runClient(installed.file, [name, 'daily', '--offline', '--json'], {
      env: {},
      cwd: machine.dir,
      home: machine.dir,
      timeoutMs: 60_000,
    });
    expect(stdout, stderr).toContain('totals');
    const { totals } = JSON.parse(stdout) as { readonly totals: Readonly<Record<string, number>> };
    expect(totals['totalTokens'], client).toBeGreaterThan(0);
    expect({ client, ...counted.get(client) }).toEqual({
      client,
      fresh: totals['inputTokens'],
      read: totals['cacheReadTokens'],
      written: totals['cacheCreationTokens'],
      all: totals['totalTokens'],
    });
  }
});
