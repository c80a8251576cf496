import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/** Lines of command blocks in docs/, and the test that runs each, in this form or with other values. README has a walk of its own. */
const HELD_BY: Readonly<Record<string, string>> = {
  'npx pointsman claude': 'evals/sight/first-afternoon.e2e.ts',
  'npx pointsman claude --dial 6 -p "Say hello."': 'src/cli/launch/launch.test.ts',
  'npx pointsman run "TASK" --hands claude-code': 'src/hands/hands.e2e.ts',
  'npx pointsman run "TASK" --hands code=codex,review=acp:gemini': 'src/hands/hands.e2e.ts',
  'npx pointsman run "TASK" --hands "code=acp:my-agent --acp"': 'src/hands/hands.e2e.ts',
  'claude plugin marketplace add "$(npm root -g)/pointsman"': 'src/cli/launch/plugin.e2e.ts',
  'claude plugin install pointsman@pointsman': 'src/cli/launch/plugin.e2e.ts',
  'export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318': 'src/app/open-telemetry.test.ts',
  'npx pointsman serve': 'evals/sight/first-afternoon.e2e.ts',
  'npx pointsman ui': 'evals/sight/first-afternoon.e2e.ts',
  'npx pointsman ui sessions': 'src/cli/page-commands.test.ts',
  'npx pointsman bypass on': 'src/cli/page-commands.test.ts',
};

const shown = globSync('docs/**/*.md', { cwd: root }).flatMap((file) =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(/```sh\n([\s\S]*?)```/gu)]
    .flatMap(([, block = '']) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/u, '').trim())
    .filter((line) => line !== ''),
);

test('every line of a command block in docs/ is run by a test that is there, and no entry is left over', () => {
  expect(shown.length).toBeGreaterThan(8);
  expect([...new Set(shown)].filter((line) => HELD_BY[line] === undefined)).toEqual([]);
  expect(Object.keys(HELD_BY).filter((line) => !shown.includes(line))).toEqual([]);
  expect(Object.values(HELD_BY).filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

test('llms.txt names every page of docs/, and none that is not there', () => {
  const listed = [...readFileSync(path.join(root, 'docs/llms.txt'), 'utf8').matchAll(/\]\(([^)]+)\)/gu)].map(
    ([, page = '']) => page,
  );
  const pages = globSync('**/*.md', { cwd: path.join(root, 'docs') }).map((page) => page.split(path.sep).join('/'));
  expect(listed.toSorted()).toEqual(pages.toSorted());
});
