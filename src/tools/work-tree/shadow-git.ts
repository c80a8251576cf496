import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { Ms } from '../../domain/time.ts';
import { ALWAYS_IGNORED } from '../file-server/ignore-rules.ts';
import type { FileChange, FileState } from './file-change.ts';
import { runGit } from './git-process.ts';
import { commonDirOf } from './repository-of.ts';
import { diffOf, type RunShadow, type ShadowRunOptions } from './shadow-diff.ts';

interface ShadowOptions {
  /** Its own folder: the user's repository is read for what it has, and never written. */
  readonly dir: string;
  /** Where what files held is kept; several may keep it in one place. */
  readonly objects: string;
  readonly workspace: string;
  /** What has most of it already, where it is a repository. */
  readonly repository: string;
  /** The program; `undefined` where there is none. */
  readonly git: string | undefined;
  readonly path: string;
  /** Left out, relative to the workspace. */
  readonly left: readonly string[];
  /** Looked at although a pattern ignores them. */
  readonly forced?: readonly string[] | undefined;
}

/** What is not in a repository already is kept once more to be looked at: no more than that. */
export const MAX_KEPT_FILES = 5000;
export const MAX_KEPT_BYTES: number = 200 * 1024 * 1024;

/** The workspace through a git of our own, which runs no program, converts nothing and leaves no trace in it. */
export interface ShadowGit {
  /** Everything that is not ignored, as a tree; `undefined` where git cannot say. */
  readonly take: () => Promise<string | undefined>;
  /** What a tree would hold; `undefined` also where there is so much that counting takes long. */
  readonly names: () => Promise<readonly string[] | undefined>;
  readonly between: (from: string, to: string) => Promise<readonly FileChange[]>;
  /** As `git apply` takes it, binary files too. */
  readonly diff: (changes: readonly FileChange[]) => Promise<Buffer | undefined>;
  readonly read: (id: string) => Promise<Buffer | undefined>;
  /** The same of many, by one process. */
  readonly readAll: (ids: readonly string[]) => Promise<readonly Buffer[]>;
}

/** Whatever a repository says of its files: here they are bytes. */
const ATTRIBUTES = '* -text -filter -ident -working-tree-encoding\n';
const CONFIG =
  '[core]\nrepositoryformatversion = 0\nbare = false\nfilemode = true\nautocrlf = false\nquotepath = false\nfsmonitor = false\nhookspath = /dev/null\n[gc]\nauto = 0\n[diff]\nnoprefix = false\nmnemonicprefix = false\n';
const TAKE_LIMIT_MS: Ms = 300_000;
const NAMES_LIMIT_MS: Ms = 10_000;

export function createShadowGit(options: ShadowOptions): ShadowGit {
  let opened: Promise<void> | undefined;
  const runIn =
    (workspace: string): RunShadow =>
    async (args, more = {}) => {
      if (options.git === undefined) return undefined;
      await (opened ??= prepare(options));
      return runHere({ ...options, workspace }, args, more);
    };
  const run = runIn(options.workspace);
  return {
    take: async () => take(run, options),
    names: async () => {
      const listed = await run(['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
        limitMs: NAMES_LIMIT_MS,
      });
      return listed
        ?.toString()
        .split('\0')
        .filter((name) => name !== '');
    },
    between: async (from, to) =>
      readRaw((await run(['diff-tree', '-r', '-z', '--no-renames', '--no-abbrev', from, to]))?.toString() ?? ''),
    // Of two trees: what attributes of the workspace say of its files would act on the patch.
    diff: async (changes) => diffOf(runIn(options.dir), options.dir, changes),
    read: async (id) => run(['cat-file', 'blob', id]),
    readAll: async (ids) => {
      const input = Buffer.from(ids.map((id) => `${id}\n`).join(''));
      return ids.length === 0 ? [] : blobsIn((await run(['cat-file', '--batch'], { input })) ?? Buffer.alloc(0));
    },
  };
}

/** In an index of its own: another job may look at the same time, and a git that is killed leaves a lock. */
async function take(run: RunShadow, { dir, workspace, forced = [] }: ShadowOptions): Promise<string | undefined> {
  const kept = path.join(dir, 'index');
  const index = path.join(dir, `index-${randomBytes(6).toString('hex')}`);
  const env = { GIT_INDEX_FILE: index };
  // Git never writes into one, and a copy would be younger than what it says of files.
  await fs.link(kept, index).catch(() => undefined);
  try {
    // Asked whether one that it knows has changed, git starts another in it, which runs the programs that its settings name.
    const gone = repositoriesIn(await run(['ls-files', '-s', '-z'], { env }));
    if (gone === undefined || (await run(['update-index', '-z', '--index-info'], { env, input: gone })) === undefined)
      return undefined;
    // A file that cannot be read is left out, and the others are not.
    if ((await run(['add', '-A', '--ignore-errors', '.'], { env, mayFail: true })) === undefined) return undefined;
    if (!(await force(run, await standing(workspace, forced), env))) return undefined;
    const tree = (await run(['write-tree'], { env }))?.toString().trim();
    // A folder without a file has none.
    await fs.rename(index, kept).catch(() => undefined);
    return tree;
  } finally {
    for (const file of [index, `${index}.lock`]) await fs.rm(file, { force: true });
  }
}

/** Git forgets those that were gone for a while, and patterns keep it from finding them again. */
async function force(
  run: RunShadow,
  names: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (names.length === 0) return true;
  const input = Buffer.from(names.map((name) => `${name}\0`).join(''));
  return (await run(['update-index', '--add', '--remove', '-z', '--stdin'], { env, input })) !== undefined;
}

/** Files and links alone: at one name among them a folder may stand by now. */
async function standing(workspace: string, names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of names) {
    const stat = await fs.lstat(path.join(workspace, name)).catch(() => undefined);
    if (stat?.isFile() === true || stat?.isSymbolicLink() === true) found.push(name);
  }
  return found;
}

/** As what makes an index forget them; names are bytes. */
function repositoriesIn(listed: Buffer | undefined): Buffer | undefined {
  const lines = listed
    ?.toString('latin1')
    .split('\0')
    .filter((line) => line.startsWith('160000 '));
  const gone = lines?.map((line) => `0 ${'0'.repeat(40)}\t${line.slice(line.indexOf('\t') + 1)}\0`);
  return gone === undefined ? undefined : Buffer.from(gone.join(''), 'latin1');
}

async function prepare({ dir, objects, repository, left }: ShadowOptions): Promise<void> {
  const folders = ['objects', 'refs', 'info'].map((name) => path.join(dir, name));
  for (const folder of [...folders, path.join(objects, 'info')]) {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const files: readonly (readonly [string, string])[] = [
    ['HEAD', 'ref: refs/heads/main\n'],
    ['config', CONFIG],
    ['info/attributes', ATTRIBUTES],
    ['as-bytes', '* -diff\n'],
    ['info/exclude', excluded(left)],
    [path.join(objects, 'info', 'alternates'), await objectsOf(repository)],
  ];
  for (const [name, text] of files) await settle(path.resolve(dir, name), text);
}

/** Never empty in between: the git of another job may be reading it. */
async function settle(file: string, text: string): Promise<void> {
  if ((await fs.readFile(file, 'utf8').catch(() => undefined)) === text) return;
  const draft = `${file}-${randomBytes(6).toString('hex')}`;
  await fs.writeFile(draft, text, { mode: 0o600 });
  await fs.rename(draft, file);
}

/** What searches leave out, too, and what is ours, as a pattern that means only itself. */
function excluded(left: readonly string[]): string {
  const ours = left.map((name) => `/${name.replaceAll(/[*?[\\ ]/gu, String.raw`\$&`)}`);
  return `.git\n${ALWAYS_IGNORED}${ours.join('\n')}\n`;
}

/** What the user's repository holds already need not be kept again. */
async function objectsOf(repository: string): Promise<string> {
  const common = commonDirOf(repository);
  const objects = path.join(common ?? path.join(repository, '.git'), 'objects');
  const stat = await fs.lstat(objects).catch(() => undefined);
  return stat?.isDirectory() === true && !objects.includes('\n') ? `${objects}\n` : '';
}

/** In an environment of its own: settings of the user and of the repository are none of ours. */
async function runHere(
  { dir, objects, workspace, git = '', path: searchPath }: ShadowOptions,
  args: readonly string[],
  { input, env, mayFail, limitMs = TAKE_LIMIT_MS }: ShadowRunOptions,
): Promise<Buffer | undefined> {
  return runGit(args, {
    git,
    cwd: workspace,
    input,
    mayFail,
    limitMs,
    env: {
      PATH: searchPath,
      HOME: dir,
      LC_ALL: 'C',
      GIT_DIR: dir,
      GIT_WORK_TREE: workspace,
      GIT_OBJECT_DIRECTORY: objects,
      GIT_INDEX_FILE: path.join(dir, 'index'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_LITERAL_PATHSPECS: '1',
      ...env,
    },
  });
}

/** `ID blob SIZE\n`, as many bytes, `\n`; of one that is missing a line alone. */
function blobsIn(batch: Buffer): readonly Buffer[] {
  const blobs: Buffer[] = [];
  for (let at = 0; at < batch.length;) {
    const end = batch.indexOf('\n', at);
    const size = /^[\da-f]+ blob (\d+)$/u.exec(batch.subarray(at, end).toString('latin1'))?.[1];
    if (size !== undefined) blobs.push(batch.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + (size === undefined ? 0 : Number(size) + 1);
  }
  return blobs;
}

const MODES: ReadonlySet<string> = new Set(['100644', '100755', '120000']);

/** `:100644 100644 OLD NEW M\0name\0`; repositories inside are not looked into. */
function readRaw(raw: string): readonly FileChange[] {
  const parts = raw.split('\0');
  const changes: FileChange[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [from = '', to = '', oldId = '', newId = ''] = (parts[index] ?? '').slice(1).split(' ');
    const before = toState(from, oldId);
    const after = toState(to, newId);
    if (before !== null || after !== null) changes.push({ name: parts[index + 1] ?? '', before, after });
  }
  return changes;
}

function toState(mode: string, id: string): FileState | null {
  return MODES.has(mode) ? { mode: mode as FileState['mode'], id } : null;
}
