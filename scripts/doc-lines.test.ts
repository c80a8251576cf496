import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { NPM_STEPS } from '../evals/sight/afternoon/readme-steps.ts';

const root = path.resolve(import.meta.dirname, '..');

/**
 * Lines of command blocks in docs/ that the walk through README does not type, and the test that runs each, in this form or with other
 * values. What of a line must stand in its test is read from the line: its commands, options and variables.
 */
const HELD_BY: Readonly<Record<string, string>> = {
  'npx pointsman claude --dial 6 -p "Say hello."': 'src/cli/launch/launch.test.ts',
  'npx pointsman run "TASK" --hands claude-code': 'src/cli/job-commands.test.ts',
  'npx pointsman run "TASK" --hands code=codex,review=acp:gemini': 'src/cli/job-commands.test.ts',
  'npx pointsman run "TASK" --hands "code=acp:my-agent --acp"': 'src/cli/job-commands.test.ts',
  'claude plugin marketplace add "$(npm root -g)/pointsman"': 'src/cli/launch/plugin.e2e.ts',
  'claude plugin install pointsman@pointsman': 'src/cli/launch/plugin.e2e.ts',
  'export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318': 'src/app/open-telemetry.test.ts',
  'npx pointsman ui sessions': 'src/cli/page-commands.test.ts',
  'npx pointsman bypass on': 'src/cli/page-commands.test.ts',
};

const walked = NPM_STEPS.map(({ line }) => line);
const shown = globSync('docs/**/*.md', { cwd: root })
  .flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/```sh\n([\s\S]*?)```/gu)]
      .flatMap(([, block = '']) => block.split('\n'))
      .map((line) => line.replace(/\s+#.*$/u, '').trim())
      .filter((line) => line !== ''),
  )
  .filter((line) => !walked.includes(line));

/** Words of a line that are no value of the reader's: `--hands`, `code=codex,review=acp:gemini`, `sessions`. */
function wordsOf(line: string): readonly string[] {
  const [started = '', ...rest] = line
    .replace(/^npx pointsman /u, '')
    .replaceAll(/"(?:TASK|Say hello\.|\$\([^"]*)"|=http\S*/gu, '')
    .match(/"[^"]*"|\S+/gu) ?? [''];
  const words = rest.map((word) => word.replaceAll('"', '')).filter((word) => !/^\d+$/u.test(word));
  return line.startsWith('npx pointsman ') ? [started, ...words] : words;
}

/** As an argument, a variable, or a command that is started by its module. */
function isIn(text: string, word: string): boolean {
  return [`'${word}'`, `command as ${word} `, `${word}: `].some((form) => text.includes(form));
}

test('every line of a command block in docs/ is run by a test that is there, and no entry is left over', () => {
  expect(shown.length).toBeGreaterThan(8);
  expect([...new Set(shown)].filter((line) => HELD_BY[line] === undefined)).toEqual([]);
  expect(Object.keys(HELD_BY).filter((line) => !shown.includes(line))).toEqual([]);
});

test.each(Object.entries(HELD_BY))('the test of "%s" has its words', (line, file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  expect(wordsOf(line).length).toBeGreaterThan(0);
  expect(wordsOf(line).filter((word) => !isIn(text, word))).toEqual([]);
});

test('llms.txt names every page of docs/, and none that is not there', () => {
  const listed = [...readFileSync(path.join(root, 'docs/llms.txt'), 'utf8').matchAll(/\]\(([^)]+)\)/gu)].map(
    ([, page = '']) => page,
  );
  const pages = globSync('**/*.md', { cwd: path.join(root, 'docs') }).map((page) => page.split(path.sep).join('/'));
  expect(listed.toSorted()).toEqual(pages.toSorted());
});
