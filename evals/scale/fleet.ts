import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
/** Whoever looks after processes starts a new one that soon after one has died. */
const AGAIN_MS = 700;

/** A process of the product that is started again whenever it ends, as a service manager would. */
export interface Kept {
  readonly name: string;
  /** Whether one runs, and is not stopped. */
  readonly isUp: boolean;
  kill(): void;
  stop(): void;
  goOn(): void;
  /** What it last said on its standard error, for whoever has to look. */
  lastWords(): string;
  end(): Promise<void>;
}

export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function keepRunning(name: string, args: readonly string[], { cwd, env }: Place): Kept {
  let child: ChildProcess | undefined;
  const ending = new AbortController();
  let isStopped = false;
  let words = '';
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const started = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      started.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4000)));
      await once(started, 'exit');
      isStopped = false;
      await wait(AGAIN_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    name,
    get isUp() {
      return child !== undefined && child.exitCode === null && child.signalCode === null && !isStopped;
    },
    kill: () => void child?.kill('SIGKILL'),
    stop: () => {
      isStopped = child?.kill('SIGSTOP') === true;
    },
    goOn: () => {
      child?.kill('SIGCONT');
      isStopped = false;
    },
    lastWords: () => words,
    end: async () => {
      ending.abort();
      child?.kill('SIGKILL');
      await running;
    },
  };
}

/** Runs one command to its end. @throws Error with what it said */
export async function runCommand(args: readonly string[], { cwd, env }: Place): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`pointsman ${args[0] ?? ''} ended ${code}: ${complained}`);
  return said;
}

/** Ports that nobody listens at now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(async (server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Waits until a gateway answers at each port. */
export async function untilAnswered(ports: readonly number[], limitMs: number): Promise<void> {
  const until = Date.now() + limitMs;
  for (const port of ports) {
    const isThere = async (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isThere())) {
      if (Date.now() > until) throw new Error(`no gateway answers at port ${port}`);
      await wait(100);
    }
  }
}
