import type { JsonObject } from '../../src/domain/json.ts';

const WORDS =
  'Never commit `.npmrc` or anything in `.git/hooks`.\nSee .github/workflows/ci.yml, CLAUDE.md and node_modules/.bin.\n- keep ".envrc" out\n';
const CODE = "import x from './x.ts';\nconst rc = '.npmrc';\nexport const hooks = ['.git/hooks/pre-commit', rc];\n";
const DIFF = `diff --git a/docs/setup.md b/docs/setup.md\n--- a/docs/setup.md\n+++ b/docs/setup.md\n@@ -1,2 +1,3 @@\n # Set-up\n+Copy .npmrc to ~/.npmrc, and never to .git/config.\n end\n`;

/** Calls of well-known servers' tools, with the arguments that those take: nobody is to be asked about any of them. */
export const BENIGN: readonly JsonObject[] = [
  { path: 'docs/setup.md', content: WORDS },
  { path: 'src/hooks.ts', content: CODE },
  { file_path: '/w/src/hooks.ts', old_string: 'a\n', new_string: CODE },
  { path: 'src/a.ts', edits: [{ oldText: 'x\ny', newText: CODE }], dryRun: false },
  { relative_path: 'src/a.ts', name_path: 'Foo/bar', body: CODE },
  { pathInProject: 'src/a.ts', text: CODE },
  { command: 'create', path: '/w/docs/a.md', file_text: WORDS },
  { command: 'str_replace', path: '/w/docs/a.md', old_str: 'x\n', new_str: WORDS },
  { owner: 'o', repo: 'r', title: 'Broken', body: WORDS, labels: ['bug', 'ci'] },
  { owner: 'o', repo: 'r', issue_number: 7, body: WORDS },
  { owner: 'o', repo: 'r', path: 'docs/a.md', message: 'Say more\n\nabout .npmrc', content: WORDS, branch: 'main' },
  { owner: 'o', repo: 'r', branch: 'main', files: [{ path: 'docs/a.md', content: WORDS }], message: 'x' },
  { owner: 'o', repo: 'r', pull_number: 3, commit_title: 'Merge', commit_message: WORDS },
  { channel_id: 'C024BE91L', text: WORDS },
  { channel: '#ci', thread_ts: '1503435956.000247', text: WORDS },
  { to: ['a@example.org'], subject: 'Set-up', body: WORDS },
  { entities: [{ name: 'Build', entityType: 'fact', observations: ['It runs in ci', WORDS] }] },
  {
    parent: { page_id: 'b55c9c91-384d-452b-81db-d1ef79372b75' },
    properties: { title: [{ text: { content: 'Set-up' } }] },
    children: [{ paragraph: { rich_text: [{ text: { content: WORDS } }] } }],
  },
  { filepath: 'Notes/Set-up.md', content: WORDS },
  { teamId: 'ENG', title: 'Hooks', description: WORDS, priority: 2 },
  { fields: { project: { key: 'ENG' }, summary: 'Hooks', description: WORDS, issuetype: { name: 'Bug' } } },
  { input: DIFF },
  { patch: DIFF },
  { url: 'https://example.org/api/items?page=2', method: 'POST' },
  { selector: '#config > .local-name', value: 'yes' },
  { x: 12, y: 40, button: 'left' },
  { query: 'how does venv work with gradlew', limit: 5 },
  { table: 'items', rows: [{ id: 1, label: 'a/b', at: '2026-11-29T10:00:00Z' }] },
  { nodeId: 'MDExOlB1bGxSZXF1ZXN0MTIzNDU2Nzg5', state: 'closed' },
  { glob: 'src/**/*.ts', exclude: ['dist/**', '*.test.ts'] },
  { pattern: '**/*.json', root: 'src' },
  {
    data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    mimeType: 'image/png',
  },
  { command: 'npm test -- --run src/a.test.ts' },
  { command: 'cargo build --release && cargo test' },
  { sql: 'select `id`, name from `users` where id = $1' },
  { xml: '<library>\n  <book id="1">A</book>\n</library>' },
  { csv: 'name,age\nAnn,3\nBob,4\n' },
  { yaml: 'name: x\non: push\nsteps:\n  - run: npm test\n' },
  { code: 'graph TD\n  A[Start] --> B{OK?}\n  B --> C' },
  { expression: '{{ user.name }} is ${count}' },
  { start: '2026-11-29T10:00:00+01:00', timeZone: 'Europe/Berlin', attendees: [{ email: 'a@example.org' }] },
  { language: 'de', text: 'Guten Tag … „Hallo“ – 50 % mehr' },
];
