import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Environment } from '../../src/domain/environment.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The package as a newcomer has it: packed, and installed into a project of their own with a home of their own. */
export interface InstalledPackage {
  /** The host project. */
  readonly folder: string;
  /** The installed package inside it. */
  readonly packageFolder: string;
  readonly tarball: string;
  /** Bytes of everything that the installation put into `node_modules`. */
  readonly installedBytes: number;
  /** What npm took to install it from its file. */
  readonly installSeconds: number;
  /** A fresh HOME and no variable of ours or of a vendor. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/**
 * Builds, packs and installs without the optional dependency, which needs no network: nothing else is to be fetched.
 * @throws Error where npm fails
 */
export function installPackage(): InstalledPackage {
  const place = mkdtempSync(path.join(os.tmpdir(), 'pointsman-installed-'));
  const [folder, home] = [path.join(place, 'host'), path.join(place, 'home')];
  for (const one of [folder, home]) mkdirSync(one);
  const env = freshEnv(home);
  try {
    const packed = npm(['pack', '--json', '--pack-destination', place], ROOT, env);
    const tarball = path.join(place, tarballName(packed));
    writeFileSync(path.join(folder, 'package.json'), '{ "name": "host", "private": true, "type": "module" }\n');
    const startedAt = performance.now();
    npm(['install', '--omit=optional', '--offline', '--no-audit', '--no-fund', tarball], folder, env);
    const installSeconds = (performance.now() - startedAt) / 1000;
    return {
      folder,
      packageFolder: path.join(folder, 'node_modules', 'pointsman'),
      tarball,
      installedBytes: bytesIn(path.join(folder, 'node_modules')),
      installSeconds,
      env,
      remove: () => rmSync(place, { recursive: true, force: true }),
    };
  } catch (thrown) {
    rmSync(place, { recursive: true, force: true });
    throw thrown;
  }
}

/** The Node of these tests first, as a machine has it where the package is used; nothing else of this environment. */
function freshEnv(home: string): Readonly<Record<string, string>> {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'LANG'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const own = Object.fromEntries(kept) as Record<string, string>;
  const bins = [path.dirname(process.execPath), own['PATH'] ?? ''].join(path.delimiter);
  return { ...own, PATH: bins, HOME: home, USERPROFILE: home, NO_COLOR: '1' };
}

function npm(args: readonly string[], cwd: string, env: Environment): string {
  return execFileSync('npm', [...args], {
    cwd,
    env: { ...env, npm_config_update_notifier: 'false' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
}

/** What stands before the list is the build's own talk. */
function tarballName(output: string): string {
  const name = /"filename": "([^"]+\.tgz)"/u.exec(output)?.[1];
  if (name === undefined) throw new Error(`npm pack named no file: ${output.slice(-400)}`);
  return name;
}

/** Links count as links. */
export function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => lstatSync(path.join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
