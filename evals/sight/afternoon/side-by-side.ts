import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { layOutLogs } from '../../../src/testing/internal/newcomer/client-home.ts';
import { bytesIn, type InstalledPackage } from '../installed-package.ts';
import { typeLine } from './typed-line.ts';

/** What somebody meets of a tool in its first minute. */
export interface FirstMinute {
  readonly tool: string;
  readonly installSeconds: number;
  readonly installMb: number;
  readonly command: string;
  readonly answerSeconds: number;
  readonly lineCount: number;
  /** Characters of its widest line, in a terminal of 80. */
  readonly widest: number;
}

/** Versions that install: of ccusage 20.0.26 lacks its native package for Linux, and of the router 3.1.1 one that it names. */
const OTHERS = [
  { name: 'ccusage', version: '20.0.24', command: 'ccusage --offline' },
  { name: '@musistudio/claude-code-router', version: '2.0.0', command: 'ccr status' },
] as const;

/**
 * Installs each into an empty project from the registry, ours from its tarball without the optional encoder, and types its first command
 * twice on a machine with the same logs: the second time counts. One that cannot be had has no row.
 */
export async function sideBySide(installed: InstalledPackage): Promise<readonly FirstMinute[]> {
  const place = mkdtempSync(path.join(os.tmpdir(), 'pointsman-beside-'));
  try {
    const home = path.join(place, 'home');
    layOutLogs(home);
    const env = { ...process.env, ...installed.env, HOME: home, COLUMNS: '80', npm_config_userconfig: userConfig() };
    const rows: FirstMinute[] = [];
    const ours = [
      { name: installed.tarball, command: 'pointsman', version: undefined },
      { name: installed.tarball, command: 'pointsman spend', version: undefined },
    ];
    for (const [index, { name, version, command }] of [...ours, ...OTHERS].entries()) {
      const cwd = path.join(place, String(index));
      mkdirSync(cwd);
      const what = version === undefined ? `--omit=optional ${name}` : `${name}@${version}`;
      const install = await typeLine(`npm init -y >/dev/null && npm i --no-audit --no-fund ${what}`, { cwd, env });
      if (install.exitCode !== 0) continue;
      const line = `./node_modules/.bin/${command}`;
      await typeLine(line, { cwd, env });
      const seen = await typeLine(line, { cwd, env });
      const lines = seen.said.trimEnd().split('\n');
      rows.push({
        tool: version === undefined ? 'pointsman' : `${path.basename(name)} ${version}`,
        installSeconds: install.seconds,
        installMb: bytesIn(path.join(cwd, 'node_modules')) / 1e6,
        command,
        answerSeconds: seen.seconds,
        lineCount: lines.length,
        widest: Math.max(...lines.map((one) => Array.from(one).length)),
      });
    }
    return rows;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** The registry of this machine is its own affair. */
function userConfig(): string {
  return process.env['npm_config_userconfig'] ?? path.join(os.homedir(), '.npmrc');
}
