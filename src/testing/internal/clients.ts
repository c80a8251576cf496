import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');

export type RealClient =
  | 'claude-code'
  | 'codex'
  | 'gemini'
  | 'pi'
  | 'qwen'
  | 'opencode'
  | 'continue'
  | 'copilot'
  | 'ai-sdk'
  | 'langchain'
  | 'conformance'
  | 'inspector'
  | 'ccusage'
  | 'claude-code-router';

interface ClientPackage {
  readonly packages: readonly string[];
  /** What to run, below `node_modules`. */
  readonly file: string;
}

/** Real programs that end-to-end tests drive. Pinned: another version may speak otherwise. */
const CLIENTS: Readonly<Record<RealClient, ClientPackage>> = {
  'claude-code': {
    packages: ['@anthropic-ai/claude-code@2.1.330', '@anthropic-ai/claude-code-linux-x64@2.1.330'],
    file: '@anthropic-ai/claude-code-linux-x64/claude',
  },
  codex: {
    packages: ['@openai/codex@0.169.0'],
    file: '@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex',
  },
  gemini: { packages: ['@google/gemini-cli@0.61.0'], file: '@google/gemini-cli/bundle/gemini.js' },
  pi: { packages: ['@mariozechner/pi-coding-agent@0.73.1'], file: '@mariozechner/pi-coding-agent/dist/cli.js' },
  qwen: { packages: ['@qwen-code/qwen-code@0.24.4'], file: '@qwen-code/qwen-code/cli.js' },
  opencode: { packages: ['opencode-ai@1.18.33'], file: 'opencode-linux-x64/bin/opencode' },
  copilot: { packages: ['@github/copilot@1.0.102'], file: '@github/copilot-linux-x64/copilot' },
  continue: { packages: ['@continuedev/cli@1.5.47'], file: '@continuedev/cli/dist/cn.js' },
  'ai-sdk': {
    packages: [
      'ai@7.0.173',
      '@ai-sdk/openai@4.0.118',
      '@ai-sdk/anthropic@4.0.105',
      '@ai-sdk/google@4.0.121',
      'zod@4.6.7',
    ],
    file: 'ai/package.json',
  },
  langchain: {
    packages: [
      '@langchain/core@1.4.0',
      '@langchain/openai@1.6.0',
      '@langchain/anthropic@1.5.11',
      '@langchain/google-genai@2.3.2',
      'zod@4.6.7',
    ],
    file: 'langsmith/package.json',
  },
  conformance: {
    packages: ['@modelcontextprotocol/conformance@0.1.16'],
    file: '@modelcontextprotocol/conformance/dist/index.js',
  },
  inspector: {
    packages: ['@modelcontextprotocol/inspector@2.12.0'],
    file: '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  },
  // 20.0.26 lacks its native package for Linux, and 3.1.1 of the router a package that it names.
  ccusage: { packages: ['ccusage@20.0.24'], file: '.bin/ccusage' },
  'claude-code-router': { packages: ['@musistudio/claude-code-router@2.0.0'], file: '.bin/ccr' },
};

export type Installed =
  | { readonly kind: 'ready'; readonly file: string }
  /** The registry or the platform does not offer it; the test says so and skips. */
  | { readonly kind: 'missing'; readonly why: string };

/** Where clients are kept between runs: `POINTSMAN_CLIENT_CACHE`, else `.cache/clients` of the clone. */
function cacheDir(): string {
  return process.env['POINTSMAN_CLIENT_CACHE'] ?? path.join(ROOT, '.cache', 'clients');
}

/** A client that was installed before; nothing is fetched. */
export function findClient(name: RealClient): string | undefined {
  const installed = path.join(cacheDir(), name, 'node_modules', CLIENTS[name].file);
  return existsSync(installed) ? installed : undefined;
}

/**
 * Installs a client once, without its install scripts, each in a folder of its own. It is made beside and named last: whoever finds
 * it while another test is still at work on it finds all of it.
 */
export async function installClient(name: RealClient): Promise<Installed> {
  const { packages, file } = CLIENTS[name];
  const found = findClient(name);
  if (found !== undefined) return { kind: 'ready', file: found };
  mkdirSync(cacheDir(), { recursive: true });
  const made = mkdtempSync(path.join(cacheDir(), '.new-'));
  try {
    await run('npm', ['install', '--ignore-scripts', '--no-save', '--prefix', made, ...packages], {
      cwd: made,
      maxBuffer: 1 << 24,
    });
    const folder = path.join(cacheDir(), name);
    // What an older version left, or one that was cut off.
    if (findClient(name) === undefined) rmSync(folder, { recursive: true, force: true });
    if (!existsSync(folder)) renameSync(made, folder);
  } catch (thrown) {
    return { kind: 'missing', why: `npm install of ${packages.join(' ')} failed: ${String(thrown).slice(0, 300)}` };
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  const installed = findClient(name);
  return installed === undefined
    ? { kind: 'missing', why: `${packages.join(' ')} installed without ${file}` }
    : { kind: 'ready', file: installed };
}

export interface ClientRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a client with an empty HOME of its own and no environment but what is given, and kills its whole process group
 * after `timeoutMs`.
 */
export async function runClient(
  command: string,
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly home: string;
    readonly timeoutMs: number;
    /** What it reads; nothing by default. */
    readonly stdin?: string;
  },
): Promise<ClientRun> {
  const env = {
    PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: options.home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    ...options.env,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const kill = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(kill, options.timeoutMs);
    child.once('error', reject);
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** A folder that is gone when the returned function is called. */
export function temporaryFolder(prefix: string): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(path.join(tmpdir(), `${prefix}-`));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
