import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { figure } from './measure-gateway.ts';
import { publishedCopy } from './published-copy.ts';

const SESSIONS = 200;
const CALLS = 500;
const ROUNDS = 3;
const RESULT = 'const value = await store.get("key"); // some line of source code\n'.repeat(12);

/**
 * What `spend` takes for 100,000 calls of Claude Code logs: read anew, and taken from what was kept of them, each as a whole process
 * beside one that has no log. CPU of the user, medians.
 */
export function run(): Promise<Figures> {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  const empty = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  try {
    const folder = path.join(home, '.claude/projects/-work-demo');
    mkdirSync(folder, { recursive: true });
    for (let index = 0; index < SESSIONS; index += 1) writeSession(folder, index);
    spend(home);
    const times = { least: [] as number[], anew: [] as number[], kept: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      times.least.push(spend(empty));
      times.anew.push(spend(home, '--no-cache'));
      times.kept.push(spend(home));
    }
    const n = SESSIONS * CALLS;
    const least = median(times.least);
    const figures: Record<string, Figure> = {
      'spend.logs.anew.cpu.ms': figure(median(times.anew), 'ms', least, n),
      'spend.logs.kept.cpu.ms': figure(median(times.kept), 'ms', least, n),
    };
    return Promise.resolve(figures);
  } finally {
    for (const made of [home, empty]) rmSync(made, { recursive: true, force: true });
  }
}

const REPORT = `data:text/javascript,process.on('exit',()=>process.stderr.write('CPU '+process.cpuUsage().user))`;

function spend(home: string, ...flags: readonly string[]): number {
  const main = path.join(publishedCopy(), 'src/cli/main.js');
  const child = spawnSync(process.execPath, ['--import', REPORT, main, 'spend', '--json', ...flags], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.status !== 0) throw new Error(`spend failed: ${child.stderr}`);
  return Number(/CPU (\d+)/u.exec(child.stderr)?.[1]) / 1000;
}

/** Each call asks for a tool and gets its result. */
function writeSession(folder: string, session: number): void {
  const sessionId = `00000000-0000-4000-8000-${String(session).padStart(12, '0')}`;
  const start = Date.UTC(2026, 10, 1) + session * 3_000_000;
  const rows = Array.from({ length: CALLS }, (_, call) => {
    const name = `${session}_${call}`;
    const about = {
      sessionId,
      version: '2.1.330',
      cwd: '/work',
      timestamp: new Date(start + call * 11_000).toISOString(),
    };
    const usage = {
      input_tokens: 4,
      cache_read_input_tokens: 9000 + call * 1000,
      cache_creation_input_tokens: 1000,
      output_tokens: 150,
    };
    const content = [
      { type: 'tool_use', id: `t${name}`, name: 'Read', input: { file_path: `src/file-${call % 9}.ts` } },
    ];
    const message = { id: `msg_${name}`, role: 'assistant', model: 'claude-opus-5-5', content, usage };
    const result = [{ type: 'tool_result', tool_use_id: `t${name}`, content: RESULT }];
    return [
      { ...about, uuid: `a${name}`, type: 'assistant', requestId: `req_${name}`, message },
      { ...about, uuid: `r${name}`, type: 'user', message: { role: 'user', content: result } },
    ];
  });
  writeFileSync(
    path.join(folder, `${sessionId}.jsonl`),
    rows
      .flat()
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
