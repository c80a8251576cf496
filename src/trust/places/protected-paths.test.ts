import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import { namedPlaces } from './path-values.ts';
import { protectionOf } from './protected-paths.ts';

const namesOf = (input: JsonObject): readonly string[] => namedPlaces(input).names;

/** One place of each kind, deep or at the root, as programs of the trade write them. */
const PLACES: readonly (readonly [string, string])[] = [
  ['.pointsman/agents/code.md', 'our store'],
  ['pointsman.config.yaml', 'our configuration'],
  ['mine/cheap.policy.yaml', 'our configuration'],
  ['sub/.mcp.json', 'tool servers'],
  ['.cursor/mcp.json', 'a harness’s settings'],
  ['.claude/settings.json', 'a harness’s settings'],
  ['.codex/config.toml', 'a harness’s settings'],
  ['.gemini/settings.json', 'a harness’s settings'],
  ['.aider.conf.yml', 'a harness’s settings'],
  ['docs/CLAUDE.md', 'instructions for agents'],
  ['AGENTS.md', 'instructions for agents'],
  ['.git/hooks/pre-commit', 'version control'],
  ['.hg/hgrc', 'version control'],
  ['.svn/entries', 'version control'],
  ['.jj/repo/config.toml', 'version control'],
  ['.husky/pre-commit', 'hooks'],
  ['.pre-commit-config.yaml', 'hooks'],
  ['bare/hooks/post-checkout', 'hooks'],
  ['.bashrc', 'a shell or tool that reads it when it starts'],
  ['.envrc', 'a shell or tool that reads it when it starts'],
  ['.npmrc', 'a shell or tool that reads it when it starts'],
  ['.pdbrc', 'a shell or tool that reads it when it starts'],
  ['tools/_vimrc', 'a shell or tool that reads it when it starts'],
  ['.somenewtoolrc', 'a shell or tool that reads it when it starts'],
  ['.bazelrc', 'a shell or tool that reads it when it starts'],
  ['.ocamlinit', 'a shell or tool that reads it when it starts'],
  ['mise.local.toml', 'a shell or tool that reads it when it starts'],
  ['.mise/config.toml', 'a shell or tool that reads it when it starts'],
  ['.python-version', 'a shell or tool that reads it when it starts'],
  ['.Rprofile', 'a shell or tool that reads it when it starts'],
  ['.claude-plugin/plugin.json', 'a harness’s settings'],
  ['lefthook-local.yml', 'hooks'],
  ['gradle/wrapper/gradle-wrapper.properties', 'installed programs'],
  ['.ssh/authorized_keys', 'keys and identities'],
  ['.vscode/tasks.json', 'an editor’s tasks'],
  ['a.code-workspace', 'an editor’s tasks'],
  ['.github/workflows/ci.yml', 'continuous integration'],
  ['.gitlab-ci.yml', 'continuous integration'],
  ['node_modules/.bin/tsc', 'installed programs'],
  ['.venv/bin/python', 'installed programs'],
  ['/etc/profile', 'the system'],
];

test.each(PLACES)('%s is of the kind: %s', (place, kind) => {
  expect(protectionOf(place)?.kind).toBe(kind);
});

test.each([
  'src/index.ts',
  'package.json',
  'README.md',
  'docs/git.md',
  '.gitignore',
  '.env',
  'hooks/use-state.ts',
  'github/x',
  '.eslintrc.json',
  '.prettierrc',
  '.prettierrc/x',
  '.babelrc.js',
  'src/init.ts',
  'src/arc.ts',
  'version',
  'clauded/x',
])('%s is a file like any other', (place) => expect(protectionOf(place)).toBeUndefined());

/** As some disk would read the same name. */
const respelled = fc.constantFrom<(name: string) => string>(
  (name) => name,
  (name) => name.toUpperCase(),
  (name) => `${name}.`,
  (name) => `${name} . `,
  (name) => `${name.slice(0, 2)}\u200D${name.slice(2)}`,
  (name) => `${name}::$INDEX_ALLOCATION`,
  (name) => name.replace('s', 'ſ'),
  (name) => name.replaceAll(/[a-z]/gu, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)),
);

test('no spelling that a disk reads as the same name passes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PLACES),
      respelled,
      fc.constantFrom('/', '\\'),
      fc.array(fc.constantFrom('a', 'b c', '..')),
      (place, spell, slash, before) => {
        const names = place[0].split('/');
        const [first = '', ...rest] = names;
        fc.pre(first.startsWith('.'));
        expect(protectionOf([...before, spell(first), ...rest].join(slash))).toBeDefined();
      },
    ),
    { numRuns: 500 },
  );
  expect(protectionOf('GIT~1/config')?.kind).toBe('version control');
});

test('no length and no number of lines hides the name of a file', () => {
  const hook = '.git/hooks/pre-commit';
  const filler = 'true '.repeat(2000);
  for (const input of [
    { text: `${filler}; cp evil.sh ${hook}` },
    { command: `set -e\ncp evil.sh ${hook}\n` },
    { command: `${'# nothing\n'.repeat(30_000)}cp evil.sh ${hook}` },
    { args: ['-c', `x=1\ncat evil > ${hook}`] },
    { shell: { script: `cp evil.sh .git/ho\\\noks/pre-commit` } },
    { patch: `${'+line\n'.repeat(30_000)}+++ b/${hook}\n` },
  ])
    expect(namesOf(input), JSON.stringify(input).slice(0, 80)).toContain(hook);
  // What is only written may speak of anything.
  expect(namesOf({ content: `Read on in ${hook}\nand then go on.` })).not.toContain(hook);
});

test('whatever could be the name of a file is found, wherever it stands in the arguments', () => {
  const found = namesOf({
    path: 'a/b.txt',
    list: [{ deep: ['x/../.git/config'] }, 'file:///home/me/.bashrc'],
    'key/as.path': 1,
    command: 'cp evil "$HOME/.ssh/authorized_keys"; cat>.envrc',
    patch: '*** Begin Patch\n*** Update File: .claude/settings.json\n@@\n-a\n+b\n--- a/x\n+++ b/.husky/pre-commit\n',
    encoded: 'sub%2F%2Egit%2Fhooks',
    files: 'one.txt\n.vscode/tasks.json\n',
  });
  for (const name of [
    'a/b.txt',
    'x/../.git/config',
    '/home/me/.bashrc',
    'key/as.path',
    '.envrc',
    '.claude/settings.json',
    '.husky/pre-commit',
    'sub/.git/hooks',
    '.vscode/tasks.json',
  ]) {
    expect(found).toContain(name);
  }
  expect(found.some((name) => name.endsWith('.ssh/authorized_keys'))).toBe(true);
});

test.each<JsonObject>([
  { args: ['-o.npmrc'] },
  { args: ['upload', '@.npmrc'] },
  { target: 'host:.npmrc' },
  { mount: '/tmp/x:.npmrc' },
  { path: '%252enpmrc' },
  { payload: '{"path":"\\u002enpmrc"}' },
  { payload: '[ {"path": ".npmrc",\n "content": "x"} ]' },
  { commandLine: 'set -e\nrm -f .npmrc' },
  { shellCommand: 'set -e\ncat x > .npmrc' },
  { bash_script: 'set -e\ntee .npmrc < x' },
  { diff: 'Index: .npmrc\n=====\n' },
  { files: '- a.txt\n- .npmrc\n' },
  { files: '"a.txt",\n".npmrc",\n' },
  { spec: 'path: .npmrc\ncontent: x\n' },
])('a name is found however programs write it beside other words: %j', (input) => {
  expect(namesOf(input).filter((name) => protectionOf(name) !== undefined)).not.toEqual([]);
});

test('a folder that only some of what lies in it is protected in is, when it is named itself', () => {
  expect(protectionOf('sub/.github')?.kind).toBe('continuous integration');
  expect(protectionOf('.github/ISSUE_TEMPLATE.md')).toBeUndefined();
});

test('arguments that nobody could be shown are refused', () => {
  let deep: object = {};
  for (let level = 0; level < 500; level += 1) deep = { deep };
  expect(() => namedPlaces(deep as never)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
});
