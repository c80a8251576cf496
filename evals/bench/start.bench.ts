import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Figures } from '../../src/domain/figure.ts';
import { canMeasureProcesses, rssMb } from './gateway-load.ts';
import { figure } from './measure-gateway.ts';

const ROUNDS = 7;
/** By then what a start has taken is given back. */
const REST_MS = 6000;
const root = path.join(import.meta.dirname, '../..');
const main = path.join(root, 'dist/cli/main.js');

/**
 * How long what is published takes to answer, from the start of its process, and what it holds while it waits: beside a Node that does
 * nothing. Medians of rounds that follow a first one, whose compiled code the others find.
 */
export async function run(): Promise<Figures> {
  if (!existsSync(main)) spawnSync(process.execPath, [path.join(root, 'scripts/build.ts')], { stdio: 'inherit' });
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  const times = { node: [] as number[], version: [] as number[], serve: [] as number[], mcp: [] as number[] };
  let restingMb = Number.NaN;
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      const node = await timed(home, ['-e', '0'], ended);
      const version = await timed(home, [main, '--version'], ended);
      const serve = await timed(
        home,
        [main, 'serve', '--port', '0'],
        async (child) => {
          const [text] = (await once(child.stdout ?? child, 'data')) as [Buffer];
          await (await fetch(`${/http:\S+/u.exec(text.toString())?.[0]}/healthz`)).text();
        },
        async (child) => {
          if (round < ROUNDS || !canMeasureProcesses() || child.pid === undefined) return;
          await setTimeout(REST_MS);
          restingMb = rssMb(child.pid);
        },
      );
      const mcp = await timed(home, [main, 'mcp'], async (child) => {
        child.stdin?.write(`${JSON.stringify(INITIALIZE)}\n`);
        await once(child.stdout ?? child, 'data');
      });
      if (round === 0) continue;
      times.node.push(node);
      times.version.push(version);
      times.serve.push(serve);
      times.mcp.push(mcp);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const floor = median(times.node);
  return {
    'start.version.ms': figure(median(times.version), 'ms', floor, ROUNDS),
    'start.serve.ms': figure(median(times.serve), 'ms', floor, ROUNDS),
    'start.mcp.ms': figure(median(times.mcp), 'ms', floor, ROUNDS),
    'start.serve.resting.mb': figure(restingMb, 'MB', undefined, 1),
  };
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
};

type Act = (child: ChildProcess) => Promise<unknown>;

const ended: Act = async (child) => once(child, 'exit');

/** Milliseconds from the start of a process until it has answered. */
async function timed(home: string, args: readonly string[], answered: Act, after?: Act): Promise<number> {
  const env = { PATH: process.env['PATH'], HOME: home, ANTHROPIC_API_KEY: 'sk-bench', OPENAI_API_KEY: 'sk-bench' };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...args], { env, cwd: home, stdio: ['pipe', 'pipe', 'ignore'] });
  await answered(child);
  const tookMs = performance.now() - startedAt;
  await after?.(child);
  if (child.exitCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  return tookMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
