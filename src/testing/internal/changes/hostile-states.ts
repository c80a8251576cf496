import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { git, put, type ChangesBed } from './changes-bed.ts';

const NAMES = [
  'a.txt',
  'src/a.txt',
  'src/deep/b.txt',
  'with blank.txt ',
  'new\nline.txt',
  'tab\t"quoted".txt',
  'back\\slash.txt',
  '-dash.txt',
  ':magic.txt',
  '[x]*?.txt',
  'zoe\u0301.txt',
  'zo\u00E9.txt',
  'Ünï/日本.txt',
  '#hash.txt',
  '!not.txt',
] as const;

export const LINES: readonly string[] = Array.from({ length: 12 }, (_one, index) => `line ${index}`);

const ended = (lines: readonly string[], end = '\n'): string => lines.map((line) => `${line}${end}`).join('');

type Form = 'lf' | 'crlf' | 'mixed' | 'open' | 'latin' | 'mark' | 'wide' | 'binary' | 'empty';

/** How text may stand in a file; lines are told apart by their numbers. */
export const FORMS: Readonly<Record<Form, (lines: readonly string[]) => Buffer>> = {
  lf: (lines) => Buffer.from(ended(lines)),
  crlf: (lines) => Buffer.from(ended(lines, '\r\n')),
  mixed: (lines) => Buffer.from(lines.map((line, index) => `${line}${index % 2 === 0 ? '\n' : '\r\n'}`).join('')),
  open: (lines) => Buffer.from(lines.join('\n')),
  latin: (lines) => Buffer.from(ended(lines, ' \u00E9\u00FC\n'), 'latin1'),
  mark: (lines) => Buffer.from(`\uFEFF${ended(lines)}`),
  wide: (lines) => Buffer.from(`\uFEFF${ended(lines)}`, 'utf16le'),
  binary: (lines) => Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(lines.join('\0'))]),
  empty: () => Buffer.alloc(0),
};
const forms = fc.constantFrom(...(Object.keys(FORMS) as Form[]));

/** What makes a folder another kind of place: before its first commit, and after it. */
interface Kind {
  readonly before?: (bed: ChangesBed) => void;
  readonly after?: (bed: ChangesBed) => void;
  readonly isUnborn?: true;
  readonly object?: 'sha256';
}

/** A program that must never run. */
const trap = ({ top }: ChangesBed): string => `#!/bin/sh\ntouch '${acted(top)}'\n`;
const acted = (top: string): string => path.join(top, 'acted');

export const hasActed = ({ top }: ChangesBed): boolean => existsSync(acted(top));

function innerRepository(folder: string): void {
  put(folder, 'inside.txt', 'inside\n');
  git(folder, 'init', '-q');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', 'first');
}

export const KINDS: Readonly<Record<string, Kind | undefined>> = {
  committed: {},
  'without a repository': undefined,
  unborn: { isUnborn: true },
  detached: { after: ({ workspace }) => git(workspace, 'checkout', '-q', '--detach') },
  autocrlf: { before: ({ workspace }) => git(workspace, 'config', 'core.autocrlf', 'true') },
  filtered: {
    before: (bed) => {
      put(bed.workspace, '.gitattributes', '*.txt text=auto eol=crlf ident\n*.bin filter=lost -text\n');
      for (const way of ['clean', 'smudge']) git(bed.workspace, 'config', `filter.lost.${way}`, trap(bed));
    },
  },
  sparse: {
    after: ({ workspace }) => git(workspace, 'sparse-checkout', 'set', '--no-cone', '/*', '!/sparse/'),
  },
  hooked: {
    after: (bed) => {
      for (const name of ['pre-commit', 'post-checkout', 'post-index-change', 'fsmonitor-watchman']) {
        put(bed.workspace, `.git/hooks/${name}`, trap(bed));
        chmodSync(path.join(bed.workspace, '.git/hooks', name), 0o755);
      }
      git(bed.workspace, 'config', 'core.fsmonitor', '.git/hooks/fsmonitor-watchman');
    },
  },
  nested: { before: ({ workspace }) => innerRepository(path.join(workspace, 'inner')) },
  submodule: {
    before: ({ workspace, top }) => {
      innerRepository(path.join(top, 'inner'));
      git(workspace, 'submodule', '--quiet', 'add', path.join(top, 'inner'), 'inner');
    },
  },
  shallow: {
    after: ({ workspace, top }) => {
      renameSync(workspace, path.join(top, 'main'));
      git(top, 'clone', '-q', '--depth', '1', `file://${path.join(top, 'main')}`, workspace);
    },
  },
  'kept elsewhere': {
    after: ({ workspace, top }) => git(workspace, 'init', '-q', '--separate-git-dir', path.join(top, 'kept')),
  },
  'long names': { object: 'sha256' },
  'amid a merge, and locked': {
    after: ({ workspace }) => {
      for (const branch of ['one', 'other']) {
        git(workspace, 'checkout', '-q', '-b', branch);
        put(workspace, 'parted.txt', `${branch}\n`);
        git(workspace, 'add', 'parted.txt');
        git(workspace, 'commit', '-qm', branch);
        if (branch === 'one') git(workspace, 'checkout', '-q', '--detach', 'HEAD~1');
      }
      try {
        git(workspace, 'merge', 'one');
      } catch {
        // The two do not go together.
      }
      for (const name of ['index.lock', 'HEAD.lock']) put(workspace, `.git/${name}`, '');
    },
  },
  'of hidden changes': {
    after: ({ workspace }) => {
      git(workspace, 'update-index', '--skip-worktree', 'untouched.txt');
      git(workspace, 'update-index', '--assume-unchanged', '.gitignore');
      put(workspace, 'untouched.txt', 'of this machine alone\r\n');
    },
  },
  worktree: {
    after: ({ workspace, top }) => {
      renameSync(workspace, path.join(top, 'main'));
      git(path.join(top, 'main'), 'worktree', 'add', '-q', '-b', 'other', workspace);
    },
  },
};

export const hostileFiles: fc.Arbitrary<readonly (readonly [name: string, form: Form])[]> = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...NAMES), forms),
  { selector: ([name]) => name, minLength: 3, maxLength: 8 },
);

/** A folder of hostile files in a repository of a kind; what its user has not committed is in it. */
export function buildHostile(
  bed: ChangesBed,
  name: string,
  files: readonly (readonly [name: string, form: Form])[],
): void {
  const { workspace } = bed;
  put(workspace, 'untouched.txt', 'as it was\r\n');
  put(workspace, '.gitignore', 'ignored/\n*.log\n');
  put(workspace, 'ignored/deep/kept.txt', 'mine\n');
  put(workspace, 'kept.log', 'mine\n');
  for (const [file, form] of files) put(workspace, file, FORMS[form](LINES));
  const kind = KINDS[name];
  if (kind === undefined) return;
  git(workspace, 'init', '-q', `--object-format=${kind.object ?? 'sha1'}`);
  if (kind.isUnborn === true) return;
  kind.before?.(bed);
  put(workspace, 'sparse/left.txt', 'left out\n');
  git(workspace, 'add', '-A');
  git(workspace, 'commit', '-qm', 'first');
  kind.after?.(bed);
  put(workspace, 'src/a.txt', FORMS.lf([...LINES, 'not committed']));
}

type What = 'line' | 'end' | 'delete' | 'rename' | 'mode' | 'link' | 'folder' | 'whole' | 'empty' | 'form';

/** What somebody does to one file. */
export interface Act {
  readonly what: What;
  readonly name: string;
  readonly to: string;
  readonly line: number;
  readonly form: Form;
}

interface Doing extends Omit<Act, 'what'> {
  readonly folder: string;
  readonly place: string;
  readonly stat: Stats;
  /** What is written, told from all else that anybody writes. */
  readonly word: string;
}

function rewrite(place: string, change: (text: string) => string): void {
  writeFileSync(place, Buffer.from(change(readFileSync(place, 'latin1')), 'latin1'));
}

const ACTS: Readonly<Record<What, (doing: Doing) => void>> = {
  line: ({ place, line, word }) => rewrite(place, (text) => text.replace(`line ${line}`, `line ${line}, ${word}.`)),
  end: ({ place, word }) => rewrite(place, (text) => `${text}${word}\n`),
  delete: ({ place }) => rmSync(place),
  rename: ({ folder, place, to }) => {
    if (existsSync(path.join(folder, to))) return;
    mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
    renameSync(place, path.join(folder, to));
  },
  mode: ({ place, stat }) => chmodSync(place, stat.mode ^ 0o111),
  link: ({ place, to }) => {
    rmSync(place);
    symlinkSync(to, place);
  },
  folder: ({ folder, place, name, word }) => {
    rmSync(place);
    put(folder, `${name}/inside.txt`, `${word}\n`);
  },
  whole: ({ folder, to, form, word }) => put(folder, to, FORMS[form]([word, ...LINES])),
  empty: ({ place }) => writeFileSync(place, ''),
  form: ({ place, form }) => writeFileSync(place, FORMS[form](LINES)),
};

export const acts: fc.Arbitrary<Act> = fc.record({
  what: fc.constantFrom('line' as const, 'line' as const, ...(Object.keys(ACTS) as What[])),
  name: fc.constantFrom(...NAMES),
  to: fc.constantFrom(...NAMES, 'new/made.txt', 'src'),
  line: fc.nat(LINES.length - 1),
  form: forms,
});

let said = 0;

/** What cannot be done is not: the name is a folder, or not there. */
export function act(folder: string, one: Act, who: 'user' | 'job'): void {
  const place = path.join(folder, one.name);
  try {
    const stat = lstatSync(place);
    if (!stat.isFile() && one.what !== 'delete' && one.what !== 'rename') return;
    ACTS[one.what]({ ...one, folder, place, stat, word: `${who} ${(said += 1)}` });
  } catch {
    // As said.
  }
}
