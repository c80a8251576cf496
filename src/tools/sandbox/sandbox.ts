import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import { isInside } from '../confine-path.ts';
import { bubblewrapArguments } from './bubblewrap.ts';
import { defaultLimits, limitLines, type SandboxLimits } from './limits.ts';
import { namespaceScript, unshareArguments } from './namespaces.ts';
import { sandboxView } from './sandbox-view.ts';
import { seatbeltProfile } from './seatbelt.ts';

/** By strength. `none`: commands are held by the allow list alone. */
export type SandboxKind = 'bubblewrap' | 'namespaces' | 'sandbox-exec' | 'none';

/** Perl is on most systems and does it in one process; where it is not, or its calls are not as here, a shell does. */
export type Builder = 'perl' | 'shell';

export interface SandboxOptions {
  /** A real path. */
  readonly workspace: string;
  readonly env: Environment;
  /** Folders of pointsman's own, which no command sees. */
  readonly closed: readonly string[];
  readonly network: boolean;
  /** Places that the workspace leads to, to be read. */
  readonly readable?: readonly string[] | undefined;
  /** Places in the workspace that no command may change. */
  readonly kept?: readonly string[] | undefined;
  readonly limits?: Partial<SandboxLimits>;
  /** Tried in this order; for tests. */
  readonly kinds?: readonly SandboxKind[];
  /** What builds namespaces, tried in this order; for tests. */
  readonly builders?: readonly Builder[];
}

/** A program with its arguments, and the folder that it runs in. */
export interface Sandboxed {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

export interface Sandbox {
  readonly kind: SandboxKind;
  /** The same program, to be started inside. What it sees is found anew each time, since folders come and go. */
  wrap(command: Sandboxed): Sandboxed;
  /** Where temporary files go; `undefined`: where they always went. */
  readonly temporary: string | undefined;
  close(): void;
}

const KINDS: Readonly<Partial<Record<NodeJS.Platform, readonly SandboxKind[]>>> = {
  linux: ['bubblewrap', 'namespaces'],
  darwin: ['sandbox-exec'],
};
/** A machine that has no time now is not one without a sandbox. */
const PROBE_TIMEOUTS_MS = [10_000, 60_000] as const;
const SEATBELT = '/usr/bin/sandbox-exec';

/** The strongest sandbox that this system lets us build, found by running a program in it. */
export function openSandbox(options: SandboxOptions): Sandbox {
  for (const kind of options.kinds ?? KINDS[process.platform] ?? []) {
    for (const sandbox of build(kind, options)) {
      if (works(sandbox, options)) return sandbox;
      sandbox.close();
    }
  }
  return { kind: 'none', wrap: (command) => command, temporary: undefined, close: () => undefined };
}

/** Those of a kind, the better ones first. */
function* build(kind: SandboxKind, options: SandboxOptions): Generator<Sandbox> {
  const limits = { ...defaultLimits(), ...options.limits };
  switch (kind) {
    case 'bubblewrap': {
      const file = programIn(options, 'bwrap');
      if (file === undefined) return;
      const wrap = (command: Sandboxed): Sandboxed =>
        within(command, file, bubblewrapArguments(sandboxView(options), limits, command.cwd));
      yield { kind, wrap, temporary: '/tmp', close: () => undefined };
      return;
    }
    case 'namespaces': {
      const file = programIn(options, 'unshare');
      const perl = programIn(options, 'perl');
      const builders = options.builders ?? ['perl', 'shell'];
      if (file === undefined) return;
      if (perl !== undefined && builders.includes('perl')) yield namespaces(file, perl, options);
      if (builders.includes('shell')) yield namespaces(file, undefined, options);
      return;
    }
    case 'sandbox-exec': {
      const temporary = [...new Set([tmpdir(), '/tmp', '/var/tmp'].map((folder) => realpathSync(folder)))];
      const script = [...limitLines(limits), 'exec "$@"'].join('\n');
      const profile = (): string => seatbeltProfile(sandboxView(options), temporary);
      const wrap = (command: Sandboxed): Sandboxed =>
        within(command, SEATBELT, ['-p', profile(), '/bin/sh', '-c', script, 'sandboxed']);
      yield { kind, wrap, temporary: undefined, close: () => undefined };
      return;
    }
    case 'none':
  }
}

function namespaces(unshare: string, perl: string | undefined, options: SandboxOptions): Sandbox {
  const stage = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-root-')));
  const limits = { ...defaultLimits(), ...options.limits };
  const wrap = (command: Sandboxed): Sandboxed => {
    const view = sandboxView(options);
    const script = namespaceScript(view, { limits, cwd: command.cwd, stage, perl });
    return within(command, unshare, [...unshareArguments(view), script, 'sandboxed']);
  };
  const close = (): void => rmSync(stage, { recursive: true, force: true });
  return { kind: 'namespaces', wrap, temporary: '/tmp', close };
}

function within(command: Sandboxed, file: string, before: readonly string[]): Sandboxed {
  return { file, args: [...before, command.file, ...command.args], cwd: command.cwd };
}

function works(sandbox: Sandbox, { workspace, env }: SandboxOptions): boolean {
  const { file, args, cwd } = sandbox.wrap({ file: process.execPath, args: ['--version'], cwd: workspace });
  for (const timeout of PROBE_TIMEOUTS_MS) {
    const done = spawnSync(file, args, { cwd, env: { PATH: env['PATH'] ?? '' }, timeout, encoding: 'utf8' });
    if (done.status === 0) return done.stdout.trim() === process.version;
    if (done.signal === null) return false;
  }
  return false;
}

/** Of the system, never of the workspace. */
function programIn({ env, workspace }: SandboxOptions, name: string): string | undefined {
  for (const folder of ['/usr/bin', '/bin', '/usr/local/bin', ...(env['PATH'] ?? '').split(path.delimiter)]) {
    const file = path.join(folder, name);
    if (path.isAbsolute(folder) && isProgram(file) && !isInside(workspace, realpathSync(file))) return file;
  }
  return undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
