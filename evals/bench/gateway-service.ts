import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { publishedCopy } from './published-copy.ts';

/** One of the servers of this folder in a process of its own. */
export interface Service {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts a server of this folder, as it would be published; it has begun to listen when this resolves. */
export async function startService(file: string, ...args: readonly string[]): Promise<Service> {
  const child = spawn(
    process.execPath,
    [path.join(publishedCopy(), 'evals/bench', file.replace('.ts', '.js')), ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: `http://127.0.0.1:${port.toString().trim()}` };
}

export function stopServices(...services: readonly Service[]): void {
  for (const { child } of services) child.kill('SIGTERM');
}
