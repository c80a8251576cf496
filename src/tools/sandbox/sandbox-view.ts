import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import { STORE_NAME } from '../../trust/store-name.ts';
import { isInside } from '../confine-path.ts';
import { namesOfLinked } from '../linked-files.ts';
import { toolchainPlaces } from '../toolchain-env.ts';

/** What a command sees of the machine. Everything else is there to be read and not to be changed. */
export interface SandboxView {
  /** The only place of the disk that may be written, besides a fresh `/tmp`. */
  readonly workspace: string;
  /** Folders that are empty: homes, and where sockets and others' temporary files lie. */
  readonly emptied: readonly string[];
  /** Below an emptied folder, shown all the same, to be read: tools, their caches of packages, the rest of the repository. */
  readonly shown: readonly string[];
  /** In the workspace, to be read only: what programs outside act on. What is not there yet can still be made. */
  readonly locked: readonly string[];
  /** Folders of the workspace on the way to what is locked or covered: moved away, they would take the lock with them. */
  readonly pinned: readonly string[];
  /** Files and folders that are covered last: our own store, and secrets where the workspace holds a home. */
  readonly covered: readonly string[];
  readonly network: boolean;
}

export interface ViewOptions {
  /** A real path. */
  readonly workspace: string;
  readonly env: Environment;
  /** Folders of pointsman's own. */
  readonly closed: readonly string[];
  readonly network: boolean;
  /** Places that the workspace leads to, to be read. */
  readonly readable?: readonly string[] | undefined;
  /** Places in the workspace that stay as they are, such as the repository where a job works in its user's folder. */
  readonly kept?: readonly string[] | undefined;
}

/** Of other users too, and where programs listen that would do as they are told. */
const EMPTIED = ['/home', '/root', '/Users', '/tmp', '/var/tmp', '/run', '/var/run', '/dev/shm', '/media', '/mnt'];

/** Below a home: programs, and what package managers have fetched. No folder in which one of them keeps its key. */
const SHOWN_OF_HOME = (
  '.cargo/bin .cargo/registry .cargo/git .rustup .nvm/versions .volta/bin .volta/tools .fnm .pyenv .rbenv .asdf .deno/bin .bun/bin ' +
  '.sdkman/candidates go/bin go/pkg .m2/repository .m2/wrapper .gradle/caches .gradle/wrapper .gradle/jdks .npm/_cacache .npm/_npx ' +
  '.cache/pip .cache/uv .cache/go-build .cache/ms-playwright .cache/puppeteer .cache/node .cache/yarn .cache/pnpm .cache/Cypress ' +
  '.local/bin .local/lib .local/pipx .local/share/pnpm .local/share/fnm .local/share/uv .local/share/mise .local/share/virtualenvs'
).split(' ');

const SECRETS_OF_HOME = (
  '.ssh .gnupg .aws .azure .kube .docker .config .netrc .npmrc .pypirc .pgpass .my.cnf .git-credentials .password-store .mozilla ' +
  '.claude .claude.json .codex .cursor .gemini .qwen .opencode .copilot .local/share/keyrings .local/share/pointsman ' +
  '.bash_history .zsh_history .cargo/credentials .cargo/credentials.toml .m2/settings.xml .gradle/gradle.properties'
).split(' ');

const LOCKED = (
  '.git/hooks .git/config .git/info .hg/hgrc .claude .codex .cursor .gemini .qwen .opencode .vscode .idea .husky .githooks .mcp.json ' +
  '.github pointsman.config.yaml pointsman.config.yml pointsman.config.json .envrc .npmrc CLAUDE.md AGENTS.md GEMINI.md node_modules/.bin'
).split(' ');

/** Looks at the disk once; what is not there is left out. */
export function sandboxView({ workspace, env, closed, network, readable = [], kept = [] }: ViewOptions): SandboxView {
  const home = realIfThere(env['HOME'] ?? '');
  const homes = home === undefined || home === path.parse(home).root ? [] : [home];
  const emptied = reals([...EMPTIED, ...homes]).filter(
    (folder) => !isInside(workspace, folder) && (homes.includes(folder) || holdsSomething(folder)),
  );
  const searched = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const ofHomes = SHOWN_OF_HOME.flatMap((name) => homes.map((folder) => path.join(folder, name)));
  const tools = [...ofHomes, ...searched, ...toolchainPlaces(env, homes)];
  const wanted = reals([
    ...readable,
    ...tools,
    nodeFolder(),
    ...repositoryAbove(workspace, homes),
    ...resolver(network),
  ]);
  const secrets = homes.flatMap((folder) => SECRETS_OF_HOME.map((name) => path.join(folder, name)));
  const whole = reals(kept);
  const named = [...LOCKED, ...gitFile(workspace)].map((name) => path.join(workspace, name));
  const locked = [...whole, ...reals(named).filter((place) => !whole.some((one) => isInside(one, place)))].filter(
    (place) => place !== workspace && isInside(workspace, place),
  );
  const stores = reals([...closed, path.join(workspace, STORE_NAME)]);
  const covered = [...stores, ...namesOfLinked(stores, workspace), ...reals(secrets)].filter((place, index, all) => {
    const isSeen = isInside(workspace, place) || wanted.some((folder) => isInside(folder, place));
    return isSeen && place !== workspace && all.indexOf(place) === index && !isInside(place, workspace);
  });
  return {
    workspace,
    emptied,
    shown: wanted
      .filter((place) => emptied.some((folder) => folder !== place && isInside(folder, place)))
      .filter((place) => !wanted.some((other) => other !== place && isInside(other, place))),
    locked,
    pinned: [...new Set([...locked, ...covered].flatMap((place) => foldersBetween(workspace, place)))],
    covered,
    network,
  };
}

/** Of a work tree or a submodule: where its repository lies. */
function gitFile(workspace: string): readonly string[] {
  return lstatSync(path.join(workspace, '.git'), { throwIfNoEntry: false })?.isFile() === true ? ['.git'] : [];
}

/** From the outside in; none of a place outside. */
function foldersBetween(workspace: string, place: string): readonly string[] {
  const folder = path.dirname(place);
  if (folder === workspace || !isInside(workspace, folder)) return [];
  return [...foldersBetween(workspace, folder), folder];
}

/** The Node that runs us, with the libraries beside it. */
function nodeFolder(): string {
  const bin = path.dirname(realpathSync(process.execPath));
  return path.basename(bin) === 'bin' ? path.dirname(bin) : bin;
}

/** The repository that the workspace is a part of, for what lies above it, such as packages that all parts share. */
function repositoryAbove(workspace: string, homes: readonly string[]): readonly string[] {
  const isHome = (folder: string): boolean => homes.some((home) => isInside(folder, home));
  const found: string[] = [...commonFolder(workspace)];
  for (
    let folder = path.dirname(workspace);
    folder !== path.dirname(folder) && !isHome(folder);
    folder = path.dirname(folder)
  ) {
    if (existsSync(path.join(folder, '.git'))) return [...found, folder];
    if (existsSync(path.join(folder, 'node_modules'))) found.push(path.join(folder, 'node_modules'));
  }
  return found;
}

/** Of a work tree, the repository that made it: its `.git` is a file, `…/.git/worktrees/NAME` stands in it. */
function commonFolder(workspace: string): readonly string[] {
  const dot = path.join(workspace, '.git');
  if (gitFile(workspace).length === 0) return [];
  const named = /^gitdir: (.+)$/mu.exec(readText(dot))?.[1]?.trim() ?? '';
  const folder = realIfThere(path.resolve(workspace, named));
  if (folder === undefined || path.basename(path.dirname(folder)) !== 'worktrees') return [];
  const back = realIfThere(readText(path.join(folder, 'gitdir')).trim());
  return back === realIfThere(dot) ? [path.dirname(path.dirname(folder))] : [];
}

/** Names are looked up through a file that many systems keep among their sockets. */
function resolver(network: boolean): readonly string[] {
  return network ? ['/run/systemd/resolve', '/run/resolvconf'] : [];
}

function reals(places: readonly string[]): readonly string[] {
  return [...new Set(places.flatMap((place) => realIfThere(place) ?? []))];
}

function realIfThere(place: string): string | undefined {
  try {
    return place === '' || statSync(place, { throwIfNoEntry: false }) === undefined
      ? undefined
      : realpathSync.native(place);
  } catch {
    return undefined;
  }
}

/** An empty folder need not be emptied. `/tmp` is always a fresh one. */
function holdsSomething(folder: string): boolean {
  try {
    return folder.endsWith('/tmp') || readdirSync(folder).length > 0;
  } catch {
    return true;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
