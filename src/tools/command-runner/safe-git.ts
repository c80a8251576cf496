import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { isInside } from '../confine-path.ts';
import type { CommandReport } from './command-report.ts';
import { storageOutside } from './git-storage.ts';

/** One git command that only looks, and how it is run. */
export interface GitLook {
  readonly args: readonly string[];
  readonly cwd: string;
  /** The workspace's real path. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs git itself with these arguments, in the same folder. */
  readonly git: (args: readonly string[], env: Readonly<Record<string, string>>) => Promise<CommandReport>;
}

/** Keys that name no program but make git ask one, or look elsewhere; the value that keeps it from that. */
const FIXED: Readonly<Record<string, string>> = {
  'core.fsmonitor': 'false',
  'core.hookspath': '/dev/null',
  'core.pager': 'cat',
  'core.attributesfile': '/dev/null',
  'core.alternaterefscommand': '',
  'diff.external': '',
  'diff.ignoresubmodules': 'all',
  'format.pretty': 'medium',
  'gpg.program': '',
  'log.showsignature': 'false',
  'protocol.allow': 'never',
  'safe.barerepository': 'explicit',
  'status.submodulesummary': 'false',
};

/**
 * Keys of a repository by kind, and what they are set to: whatever runs something (filters, text conversion, signatures,
 * drivers, helpers, aliases, proxies) is emptied, whatever demands it is switched off, and named formats are plain ones.
 */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^filter\..*\.required$/u, 'false'],
  [/^pretty\./u, 'medium'],
  [/^pager\./u, 'false'],
  [
    /(?:^|\.)(?:clean|smudge|process|textconv|command|cmd|driver|program|helper|editor|tool|browser|askpass|proxy|sshcommand|gitproxy|vcs|uploadarchive|packobjectshook|defaultkeycommand|difffilter|tunnel|hook|exec)$/u,
    '',
  ],
  [/^(?:alias|credential|difftool|mergetool|guitool|trailer|sendemail|instaweb|browser|man)\./u, ''],
];

/**
 * The environment in which git looks at a repository that nobody vouches for: no program that its configuration names is
 * run, nothing is fetched, and repository and work tree lie in the workspace. Read before each command, since both change.
 * Sources: git-config(1) and gitattributes(5) of git 2.47, read 2026-11.
 * @throws PointsmanError `tool-denied`
 */
export async function gitLookEnv({ args, cwd, root, env, git }: GitLook): Promise<Record<string, string>> {
  if (args.some((arg) => /%G|%\(signature/u.test(arg))) {
    throw denied('A format that shows signatures runs the program that checks them.');
  }
  const still = { ...env, GIT_NO_LAZY_FETCH: '1', GIT_CONFIG_NOSYSTEM: '1', GIT_ATTR_NOSYSTEM: '1' };
  const base = { ...still, ...gitSettings(FIXED) };
  const asked = ['--git-dir', '--show-toplevel', '--git-common-dir'];
  const place = await git(['rev-parse', '--path-format=absolute', ...asked], base);
  const [gitDir = '', topLevel = '', commonDir = ''] = place.stdout.trimEnd().split('\n');
  if (place.exitCode !== 0) {
    // Outside any repository git says so itself; a repository without a work tree is nothing to look at.
    if (/not a git repository/u.test(place.stderr)) return base;
    throw denied('The repository cannot be looked at safely.');
  }
  checkPlace({ gitDir, topLevel, commonDir, cwd, root });
  const listed = await git(['config', '--list', '--name-only', '-z'], base);
  if (listed.exitCode !== 0 || !listed.stdout.endsWith('\0') || listed.stdout.includes(' bytes cut ')) {
    throw denied('The repository’s configuration cannot be read whole.');
  }
  const found: Record<string, string> = { ...FIXED };
  for (const key of listed.stdout.split('\0')) {
    const value = KINDS.find(([kind]) => kind.test(key.toLowerCase()))?.[1];
    if (value !== undefined && !Object.hasOwn(FIXED, key.toLowerCase())) found[key] = value;
  }
  return { ...still, ...gitSettings(found) };
}

function checkPlace(place: {
  readonly gitDir: string;
  readonly topLevel: string;
  readonly commonDir: string;
  readonly cwd: string;
  readonly root: string;
}): void {
  const { gitDir, topLevel, commonDir, cwd, root } = place;
  const top = realpathSync(topLevel);
  if (!isInside(root, top) || !isInside(top, realpathSync(cwd))) {
    throw denied('The repository’s work tree lies outside the workspace.');
  }
  const dir = realpathSync(gitDir);
  if (!isInside(root, dir)) {
    if (isLinkedBack(dir, top)) return;
    throw denied('The repository lies outside the workspace, and does not know of it.');
  }
  if ([...new Set([dir, commonDir])].some((place) => storageOutside(root, place) !== undefined)) {
    throw denied('The repository takes its history from outside the workspace.');
  }
}

/** A work tree that the repository elsewhere made itself: it names the tree's own `.git` file. */
function isLinkedBack(gitDir: string, topLevel: string): boolean {
  try {
    const back = readFileSync(path.join(gitDir, 'gitdir'), 'utf8').trim();
    return realpathSync(back) === realpathSync(path.join(topLevel, '.git'));
  } catch {
    return false;
  }
}

/** Settings by environment win over those of any file (git-config, GIT_CONFIG_COUNT; git 2.31 and later). */
function gitSettings(settings: Readonly<Record<string, string>>): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(Object.keys(settings).length) };
  for (const [index, [key, value]] of Object.entries(settings).entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

function denied(message: string): PointsmanError {
  return new PointsmanError('tool-denied', message, {
    hint: 'Look at this repository in a terminal of your own, if you trust it.',
  });
}
