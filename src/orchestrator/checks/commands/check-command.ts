/** What a check says something about. */
export type CheckRole = 'tests' | 'types' | 'lint' | 'build';

/** A program and its arguments. A type and not an interface, so that it is JSON for a tool. */
export type Started = { readonly program: string; readonly args: readonly string[] };

/** One command that checks a workspace, or a part of it. */
export interface CheckCommand extends Started {
  readonly role: CheckRole;
  /** Relative to the workspace; empty: the workspace itself. */
  readonly cwd: string;
  /** Folders that programs are looked for in first, such as the Node that the workspace asks for. */
  readonly pathFirst: readonly string[];
  /** Tried one after another where what runs it is not installed. */
  readonly instead: readonly Started[];
  /** Where its user has said it; absent: it was found. */
  readonly saidIn?: string;
}

/** Finds the checks of one toolchain in one folder; empty where the folder is not of it. */
export type Toolchain = (folder: Folder) => readonly CheckCommand[];

/** A folder of the workspace, as toolchains look at it. */
export interface Folder {
  /** Of the workspace, absolute. */
  readonly root: string;
  /** Relative to it; empty: the root. */
  readonly relative: string;
  /** Of the user, where version managers keep what they have installed. */
  readonly home: string | undefined;
  /** Names in it. */
  readonly names: ReadonlySet<string>;
  /** The text of a file below it; `undefined` where there is none, or it is too large to be a manifest. */
  read(name: string): string | undefined;
  /** Names in a folder below it, or at an absolute path; empty where there is none. */
  list(name: string): readonly string[];
}

/** A check of a folder with what is the same for most. */
export function check(
  folder: Pick<Folder, 'relative'>,
  role: CheckRole,
  [first, ...instead]: readonly (readonly string[])[],
  pathFirst: readonly string[] = [],
): CheckCommand {
  const started = (words: readonly string[] = []): Started => ({ program: words[0] ?? '', args: words.slice(1) });
  return { role, ...started(first), cwd: folder.relative, pathFirst, instead: instead.map(started) };
}

/** As it would be typed. */
export function commandText({ program, args, cwd }: Started & { readonly cwd?: string }): string {
  const words = [program, ...args].map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : JSON.stringify(word)));
  return words.join(' ') + (cwd === undefined || cwd === '' ? '' : ` (in ${cwd})`);
}
