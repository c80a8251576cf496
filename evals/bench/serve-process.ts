import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Service } from './gateway-service.ts';
import { publishedCopy } from './published-copy.ts';

/**
 * The command itself, as it would be published, with the key of one vendor.
 * @param store of another place than its own folder, such as a PostgreSQL address
 */
export async function startServe(upstreamUrl: string, workerCount: number, store?: string): Promise<Service> {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  const main = path.join(publishedCopy(), 'src/cli/main.js');
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    ...(store === undefined ? {} : { POINTSMAN_STORE: store }),
    POINTSMAN_ANTHROPIC_API_KEY: 'bench-key-of-nobody',
    POINTSMAN_ANTHROPIC_BASE_URL: upstreamUrl,
  };
  const args = [main, 'serve', '--port', '0', '--workers', String(workerCount), '--drain-minutes', '0'];
  const child = spawn(process.execPath, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.once('exit', () => rmSync(home, { recursive: true, force: true }));
  let shown = '';
  while (!/http:\S+/u.test(shown)) {
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    shown += text.toString();
  }
  child.stdout.resume();
  return { child, url: /http:\/\/[\d.:]+/u.exec(shown)?.[0] ?? '' };
}

/** A process and those that it started. */
export function familyOf({ child }: Service): readonly number[] {
  const pid = child.pid ?? 0;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
