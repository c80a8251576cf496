import { spacedWords as words, type CommandRule } from './command-rule.ts';

const looks = (program: string, letters: string, options: readonly string[] = []): CommandRule => ({
  program,
  starts: [[]],
  letters,
  options,
  readOnly: true,
});

const gitLooks = (start: string, rule: Partial<CommandRule>): CommandRule => ({
  program: 'git',
  starts: words(start).map((word) => [word]),
  readOnly: true,
  ...rule,
});

const GIT_LOG_OPTIONS = words(
  '--stat --cached --staged --name-only --name-status --numstat --oneline --graph --all --max-count= --since= --until= ' +
    '--author= --grep= --format= --pretty= --unified= --patch --reverse --follow --merge-base --word-diff --summary --no-color --no-patch --date=',
);

const GIT_LOG: Partial<CommandRule> = {
  letters: 'bspnuUwzM',
  options: GIT_LOG_OPTIONS,
  values: ['-n'],
  patternOptions: ['-S', '-G'],
  added: ['--no-ext-diff', '--no-textconv', '--ignore-submodules=all'],
};

/** An address or two, and `p`: whatever else `sed` can do writes files or runs programs. */
const SED_PRINT = String.raw`(?:\d+|\$|/[^/\\;{}\n]*/)(?:,(?:\+?\d+|\$|/[^/\\;{}\n]*/))?p(?:;(?:\d+|\$)(?:,\d+)?p)*`;

/** One replacement that is printed: behind `w` a file is written, behind `e` a program is run. */
const SED_REPLACE = String.raw`s/[^/\\\n]*/[^/\\\n]*/[gpI\d]*`;

/**
 * A program of awk that reads its arguments and prints: `system`, a pipe and `>` behind a `print` run programs or write files,
 * `getline`, `ARGV` and what begins with `@` read others, `ENVIRON` the environment. A comparison may stand before any `print`.
 * It has a block, a comparison or one pattern: a file where the program was forgotten is none.
 */
const AWK_PRINT = String.raw`(?!~/)(?=[^]*[{=<>~]|!?/[^/\n]+/$|NF$)(?![^]*(?:system|getline|ARG|SYMTAB|FUNCTAB|ENVIRON|PROCINFO|@))(?![^]*print[^]*>)(?![^]*(?:\|\|\||(?<!\|)\|(?!\|)))[^]+`;

/** Filters that are one word; a file where the filter was forgotten is none. */
const JQ_WORDS =
  'keys|keys_unsorted|length|type|add|any|all|flatten|min|max|unique|sort|reverse|to_entries|paths|values|first|last';

/** A filter of jq, which writes and runs nothing: but for modules, which are read from anywhere, and the environment. */
const JQ_FILTER = String.raw`(?![/~]|\.\.?/|[\w-]+$(?<!^(?:${JQ_WORDS})))(?!(?:[^]*[;\n\r])?\s*(?:module|import|include)\b)(?![^]*(?:\$ENV|(?<![.\w"])env\b|\$__prog))[^]+`;

/** Nothing is asked before these, so each names what may be given to it. */
export const LOOKING: readonly CommandRule[] = [
  looks('ls', 'aAl1hRrtSdF', ['--all', '--recursive', '--color=']),
  looks('cat', 'nbsAE'),
  looks('head', 'ncq', ['--lines=', '--bytes=']),
  looks('tail', 'ncq', ['--lines=', '--bytes=']),
  looks('wc', 'lwcm'),
  looks('nl', 'ba'),
  looks('stat', ''),
  looks('file', 'b'),
  looks('du', 'shakmd', ['--max-depth=']),
  looks('diff', 'uqwbBiy', ['--unified=', '--brief']),
  { ...looks('tree', 'adfi'), values: ['-L', '-I'] },
  looks('cmp', 's'),
  {
    ...looks(
      'grep',
      'rnilcvwEFPhHoABCmLsxz',
      words('--include= --exclude= --exclude-dir= --max-count= --context= --color='),
    ),
    values: words('-A -B -C -m'),
    patternFirst: true,
    patternOptions: ['-e', '--regexp='],
  },
  {
    ...looks(
      'rg',
      'nilcvwFShHoUP',
      words(
        '--hidden --no-ignore --files-with-matches --line-number --ignore-case --context= --color= --max-count= --glob= --type= --no-heading',
      ),
    ),
    values: words('-A -B -C -m -g -t -T'),
    patternFirst: true,
    patternOptions: ['-e', '--regexp='],
    added: ['--no-config'],
  },
  // Then nothing is sought, and the first word is a place.
  {
    program: 'rg',
    starts: [['--files'], ['--hidden', '--files']],
    options: words('--hidden --no-ignore --glob= --type='),
    values: words('-g -t -T'),
    added: ['--no-config'],
    readOnly: true,
  },
  { program: 'sed', starts: [['-n']], first: `${SED_PRINT}|${SED_REPLACE}`, readOnly: true },
  { program: 'sed', letters: 'Er', first: String.raw`\d+q|${SED_REPLACE}`, readOnly: true },
  ...words('awk gawk mawk').map((program) => ({
    program,
    first: AWK_PRINT,
    patternOptions: ['-F', '-v'],
    readOnly: true,
  })),
  {
    ...looks(
      'jq',
      'rcneSsjaMR',
      words(
        '--raw-output --compact-output --null-input --exit-status --slurp --sort-keys --raw-input --join-output --tab',
      ),
    ),
    values: ['--indent'],
    first: JQ_FILTER,
  },
  // Without `o`, which writes, and `T`; a program that compresses has no letter.
  {
    ...looks(
      'sort',
      'bdfghinrRsuVczmMk',
      words('--reverse --unique --numeric-sort --ignore-case --version-sort --check'),
    ),
    patternOptions: words('-k -t --key= --field-separator='),
  },
  { ...looks('cut', 'sz', words('--only-delimited --complement')), patternOptions: words('-d -f -c -b') },
  { ...looks('column', 't'), patternOptions: words('-s -c') },
  { ...looks('od', 'AtxcbdNjv'), values: words('-A -t -N -j') },
  ...words('comm tac rev realpath basename dirname md5sum sha1sum sha256sum cksum').map((program) =>
    looks(program, program === 'comm' ? '123' : ''),
  ),
  ...words('pwd date uname nproc whoami').map((program) => ({
    ...looks(program, 'amnrsu'),
    plain: String.raw`\+[^]*`,
  })),
  {
    program: 'find',
    options: words('-not -o -or -a -and -print -print0 -empty -ls -prune -readable -writable -executable'),
    values: words(
      '-name -iname -path -ipath -wholename -regex -iregex -type -maxdepth -mindepth -size -mtime -mmin -newer -perm',
    ),
    // Its tests and actions stand behind `--`, too.
    plain: '[^-][^]*',
    readOnly: true,
  },
  gitLooks('status', {
    letters: 'bsu',
    options: words('--short --branch --porcelain --porcelain='),
    added: ['--ignore-submodules=all'],
  }),
  // `diff` knows no `-L`: what stands behind it would not be its value but an option that nobody has looked at.
  gitLooks('diff', GIT_LOG),
  gitLooks('log show', { ...GIT_LOG, values: ['-n', '-L'] }),
  gitLooks('blame', { letters: 'wMCsl', options: ['--date='], values: ['-L'], added: ['--no-textconv'] }),
  gitLooks('grep', {
    letters: 'nilcvwEFPhHoABC',
    options: words('--line-number --ignore-case --files-with-matches --cached --count --no-color'),
    values: words('-A -B -C'),
    patternFirst: true,
    patternOptions: ['-e'],
    added: ['--no-textconv'],
  }),
  gitLooks('ls-files ls-tree', {
    letters: 'rcmodstz',
    options: words('--others --cached --modified --deleted --stage --exclude-standard --name-only --full-tree'),
  }),
  gitLooks('rev-parse', { options: words('--short --abbrev-ref --show-toplevel --verify --is-inside-work-tree') }),
  gitLooks('shortlog describe merge-base rev-list', {
    letters: 'sne',
    options: words('--tags --always --count --max-count= --all'),
  }),
];
