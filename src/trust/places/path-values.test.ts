import { expect, test } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import { namedPlaces } from './path-values.ts';
import { protectionOf } from './protected-paths.ts';

const isFound = (input: JsonObject): boolean =>
  namedPlaces(input).names.some((name) => protectionOf(name) !== undefined);
const PROSE = 'Never commit `.npmrc`.\nSee ".git/hooks", <code>CLAUDE.md</code> and node_modules/.bin.\n';

test.each<JsonObject>([
  { files: 'a gradlew' },
  { files: 'a.txt\tgradlew\nb.txt' },
  { rows: 'name,size\na.txt,1\n".npmrc",2\n' },
  { xml: '<files>\n  <file path=".npmrc">x</file>\n</files>' },
  { xml: '<files>\n<file>&#46;npmrc</file>\n<file>&#x2e;envrc</file></files>' },
  { payload: '{"op":1}\n{"to":"\\u002enpmrc"}\n' },
  { payload: JSON.stringify({ inner: JSON.stringify({ to: '\u200B.npmrc' }) }) },
  { payload: '{"to":".npmrc","to":"a"}' },
  { where: 'https://disk.test/put?at=%252enpmrc&x=1' },
  { where: 'LndwbXJjLm5wbXJj LnZzY29kZS90YXNrcy5qc29u' },
  { where: '2e6e706d7263' },
  { paths: '{README.md,.npmrc}' },
  { paths: '.{git,x}/config' },
  { paths: '.gi?/config' },
  { paths: '.[g]it/config' },
  { paths: 'grad*' },
  { paths: '.n""pmrc' },
  { paths: '.npmrc\0.txt' },
  { paths: '．ｎｐｍｒｃ' },
  { paths: '.npmrc. ' },
  { paths: '${HOME}/.npmrc' },
  { paths: 'a;b|.npmrc' },
  { parts: ['sub', '.github', 'workflows', 'ci.yml'] },
  { parts: ['vendor', 'bin', 'x'] },
  { name: 'AGENTS', extension: 'md' },
  { text: 'Write this:\n<file path=".npmrc">x</file>\n' },
  { terminalId: 't1', text: 'cd sub\necho x > .npmrc\n' },
])('a name is found in a form that nobody listed: %j', (input) => expect(isFound(input)).toBe(true));

test.each<JsonObject>([
  { path: 'docs/a.md', content: PROSE },
  { file_path: 'a.ts', old_string: 'x\ny', new_string: PROSE },
  { path: 'a.ts', edits: [{ oldText: 'x\ny', newText: PROSE }] },
  { owner: 'o', repo: 'r', title: 'Broken', body: PROSE },
  { files: { 'docs/a.md': PROSE } },
  { parent: { page_id: 'b5-4d' }, children: [{ rich_text: [{ text: { content: PROSE } }] }] },
  { input: `--- a/docs/a.md\n+++ b/docs/a.md\n@@ -1,2 +1,3 @@\n a\n+Copy .npmrc to ~/.npmrc\n b\n` },
  { xml: '<library>\n<usr>1</usr>\n</library>' },
  { glob: 'src/**/*.json', exclude: ['*.md'] },
])('what is only written where the call says is no name: %j', (input) => expect(isFound(input)).toBe(false));

test.each<[string, JsonObject]>([
  ['a substitution', { command: 'cp evil .g$(echo it)/config' }],
  ['backticks', { shellCommand: 'cp evil .g`echo it`/config' }],
  ['a variable', { args: ['-c', 'X=it; cp evil .g$X/config'] }],
  ['a decoded script', { script: 'echo Y3AgYQ== | base64 -d | sh' }],
])('of a command with %s nobody can say what it touches', (_what, input) => {
  expect(namedPlaces(input).isComputed).toBe(true);
});

test.each<JsonObject>([
  { command: 'npm test -- --run "src/a.test.ts" && echo $?' },
  { command: 'cat $HOME/notes.txt' },
  { sql: 'select `id` from users where id = $1' },
  { expression: '${count} of {{ all }}' },
  { path: 'a.md', content: 'Run `x` with ${NAME}' },
])('what is run as it stands is not put together: %j', (input) => {
  expect(namedPlaces(input).isComputed).toBe(false);
});

test.each([
  ['an encoding in an encoding', '%25'.repeat(1) + '25'.repeat(40)],
  ['very many places', '{a,b}'.repeat(20)],
  ['a very long text', 'ab '.repeat(6_000_000)],
])('%s is not judged, so it is not let through', (_what, text) => {
  expect(() => namedPlaces({ spec: text })).toThrow(expect.objectContaining({ code: 'request-invalid' }));
});
