import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NPM_STEPS } from '../evals/sight/afternoon/readme-steps.ts';
import { demoWords } from '../src/cli/demo/demo-words.ts';
import { commands } from '../src/cli/registry.ts';
import { nanoFromUsd } from '../src/domain/money.ts';
import { sessionLineText } from '../src/spend/session-line.ts';
import { docsPicture, DRAWS_PICTURES } from '../src/testing/internal/newcomer/docs-picture.ts';
import { openNewcomerPlace, type NewcomerPlace } from '../src/testing/internal/newcomer/newcomer-place.ts';
import { terminalPicture } from '../src/testing/internal/newcomer/terminal-picture.ts';
import { typedCommand } from '../src/testing/internal/newcomer/typed-command.ts';

const root = path.resolve(import.meta.dirname, '..');

interface Block {
  readonly page: string;
  readonly kind: string;
  readonly text: string;
}

/** Every fenced block of the pages, whatever it says that it is. */
const blocks: readonly Block[] = globSync('docs/**/*.md', { cwd: root })
  .map((page) => page.split(path.sep).join('/'))
  .toSorted()
  .flatMap((page) =>
    [
      ...readFileSync(path.join(root, page), 'utf8').matchAll(
        /^ *(?:```|~~~)(\S*)[^\n]*\n([\s\S]*?)^ *(?:```|~~~) *$/gmu,
      ),
    ].map(([, kind = '', text = '']) => ({ page, kind, text })),
  );

/** Blocks that are no command lines, and the test that reads or runs each from its page. */
const READ_BY: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'docs/configuration.md yaml': ['src/config/load-config.test.ts', 'docs/configuration.md'],
  'docs/how-to/hosts.md yaml': ['src/config/load-config.test.ts', 'docs/how-to/hosts.md'],
  'docs/typescript.md ts': ['src/index.example.test.ts', 'docs/typescript.md'],
  'docs/how-to/harness.md json': ['scripts/doc-lines.test.ts', 'the status line'],
  'docs/how-to/harness.md text': ['scripts/doc-lines.test.ts', 'the status line'],
};

/**
 * Lines that start another program, or wait for one: the test that runs each, in this form or with other values. What of a line
 * must stand in its test is read from the line: its commands, options and variables.
 */
const HELD_BY: Readonly<Record<string, string>> = {
  'npx pointsman claude --dial 6 -p "Say hello."': 'src/cli/launch/launch.test.ts',
  'npx pointsman run "TASK" --hands claude-code': 'src/cli/job-commands.test.ts',
  'npx pointsman run "TASK" --hands code=codex,review=acp:gemini': 'src/cli/job-commands.test.ts',
  'npx pointsman run "TASK" --hands "code=acp:my-agent --acp"': 'src/cli/job-commands.test.ts',
  'claude plugin marketplace add "$(npm root -g)/pointsman"': 'src/cli/launch/plugin.e2e.ts',
  'claude plugin install pointsman@pointsman': 'src/cli/launch/plugin.e2e.ts',
  'codex plugin marketplace add "$(npm root -g)/pointsman"': 'src/cli/launch/plugin.e2e.ts',
  'codex plugin add pointsman@pointsman': 'src/cli/launch/plugin.e2e.ts',
  'gemini extensions install "$(npm root -g)/pointsman/plugins/gemini"': 'src/cli/launch/plugin.e2e.ts',
  'mkdir -p ~/.config/opencode/plugins/': 'src/cli/launch/plugin.e2e.ts',
  'cp "$(npm root -g)/pointsman/plugins/opencode/pointsman.js" ~/.config/opencode/plugins/':
    'src/cli/launch/plugin.e2e.ts',
  'export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318': 'src/app/open-telemetry.test.ts',
  'npx pointsman evaluate acme/tune-7 --url http://127.0.0.1:8080/v1': 'src/cli/evaluate/evaluate-command.test.ts',
  'npx pointsman evaluate lab/tune-7 --suite code,tools --tasks 50 --budget 2':
    'src/cli/evaluate/evaluate-command.test.ts',
  'npx pointsman evaluate NAME --endpoint openrouter --price 0.2/0.8': 'src/cli/evaluate/evaluate-command.test.ts',
  'npx pointsman store merge': 'src/cli/stores/merge-store.test.ts',
  'npx pointsman ui sessions': 'src/cli/page-commands.test.ts',
  'npx pointsman bypass on': 'src/cli/page-commands.test.ts',
};

interface Run {
  readonly ends: number;
  readonly says: RegExp;
  /** What is typed before, on the workspace as it was. */
  readonly after?: string;
}

const PAUSED = 'npx pointsman run "fix the failing test"';

/** Lines that are typed here, in this order. */
const TYPED: Readonly<Record<string, Run>> = {
  'npx pointsman spend': { ends: 0, says: /^DAY .*\n2026-11-21 +47 /mu },
  'npx pointsman spend --by model --since 30d': { ends: 0, says: /^MODEL /mu },
  'npx pointsman spend --by project --csv': { ends: 0, says: /^project,calls,[^\n]*\n\/home\/dev\/project,42,/mu },
  'npx pointsman spend --only logs --from codex': { ends: 0, says: /^total +9 /mu },
  'npx pointsman replay --since 30d': { ends: 0, says: /^You paid \$\d/mu },
  'npx pointsman replay --pool claude-opus-5-5,claude-haiku-4-5': { ends: 0, says: /^You paid \$\d/mu },
  'npx pointsman replay --rivals --no-dial --html report.html': { ends: 0, says: /^Page: report\.html$/mu },
  'npx pointsman replay --json=report.json --fail-under 5%': { ends: 0, says: /5(?:\.0)? %/u },
  'npx pointsman plan "fix the failing test"': { ends: 0, says: /no model was asked/u },
  'npx pointsman run "fix the failing test" --budget 1 --yes': {
    ends: 0,
    says: /^Changed\n {2}src\/cart\.js\n[\s\S]*pointsman undo job-/mu,
  },
  'npx pointsman session': { ends: 0, says: /^job-\w+/mu },
  'npx pointsman jobs': { ends: 0, says: /^job-\w+ .* done /mu },
  'npx pointsman explain': { ends: 0, says: /Why not the others:/u },
  'npx pointsman autopsy': { ends: 0, says: /job-\w+: No try was refused|named-tests/u },
  'npx pointsman learn --reward "green - 4 * usd - 0.5 * override"': { ends: 1, says: /^Cannot tell: 0 steps/u },
  'npx pointsman learn --propose --set dial=6 --reward "green - 4 * usd"': { ends: 0, says: /^\+ +dial: 6$/mu },
  'npx pointsman learn --promote': { ends: 0, says: /^balanced, dial: 6: decided beside and recorded/u },
  'npx pointsman learn --check': { ends: 0, says: /^No candidate is on a canary/u },
  'npx pointsman learn --retreat': { ends: 0, says: /^balanced, dial: 6: taken back/u },
  'npx pointsman diff': { ends: 0, says: /^\+ {2}const halves = Math\.ceil/mu },
  'npx pointsman undo': { ends: 0, says: /^Taken back, what job-\w+ did to:\n {2}src\/cart\.js$/mu },
  'npx pointsman export --out job.jsonl': { ends: 0, says: /^Wrote \d+ records/mu },
  'npx pointsman resume --allow': { ends: 0, says: /The failing tests pass\./u, after: PAUSED },
  'npx pointsman resume --add-budget 0.5': {
    ends: 3,
    says: /^Paused\. May this job/mu,
    after: `${PAUSED} --budget 0.0001`,
  },
  'npx pointsman memory add "The parser never throws: it returns a fault." --kind decision --name parser-faults': {
    ends: 0,
    says: /^Remembered in\s/u,
  },
  'npx pointsman memory list': { ends: 0, says: /^parser-faults /mu },
  'npx pointsman memory show parser-faults': { ends: 0, says: /^The parser never throws/mu },
  'npx pointsman memory export memories.json': { ends: 0, says: /^Wrote 1 memories/mu },
  'npx pointsman memory forget parser-faults': { ends: 0, says: /^Forgotten: parser-faults$/mu },
  // Until Ctrl-C.
  'npx pointsman mcp --http 8931': { ends: 0, says: /127\.0\.0\.1:\d+\/mcp/u },
};

const walked = NPM_STEPS.map(({ line }) => line);
const shell = blocks.filter(({ kind }) => ['', 'sh', 'shell', 'bash', 'console'].includes(kind));
const shown = shell.flatMap(({ text }) =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/u, '').trim())
    .filter((line) => line !== ''),
);

let place: NewcomerPlace;
beforeAll(async () => {
  place = await openNewcomerPlace((request) => demoWords(request) ?? { text: 'All done.' });
});
afterAll(() => place.close());

/** A port that others may have is any other. */
async function type(line: string): Promise<{ readonly code: number; readonly said: string }> {
  const words = [...line.matchAll(/"([^"]*)"|\S+/gu)].map(([word, quoted]) => quoted ?? word);
  const [, , ...argv] = words.map((word) => (word === '8931' ? '0' : word));
  return typedCommand(place, argv);
}

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

test('every line of a command block in docs/ is run by a test, and no entry is left over', () => {
  expect(shown.length).toBeGreaterThan(30);
  const run = new Set([...walked, ...Object.keys(HELD_BY), ...Object.keys(TYPED)]);
  expect([...new Set(shown)].filter((line) => !run.has(line))).toEqual([]);
  expect([...Object.keys(HELD_BY), ...Object.keys(TYPED)].filter((line) => !shown.includes(line))).toEqual([]);
});

test('every other block of docs/ is read from its page by a test, and no entry is left over', () => {
  const others = blocks.filter((block) => !shell.includes(block)).map(({ page, kind }) => `${page} ${kind}`);
  expect([...new Set(others)].toSorted()).toEqual(Object.keys(READ_BY).toSorted());
  for (const [file, words] of Object.values(READ_BY))
    expect([file, readFileSync(path.join(root, file), 'utf8').includes(words)]).toEqual([file, true]);
});

test('the picture of a terminal of 80 columns shows what the lines say', async () => {
  const lines = ['npx pointsman spend --by model', 'npx pointsman plan "fix the failing test"'];
  const said: string[] = [];
  for (const line of lines) said.push(`$ ${line}\n${(await type(line)).said}`);
  const drawn = terminalPicture('pointsman, in a terminal of 80 columns', said.join('\n'));
  const file = docsPicture('terminal.svg');
  if (DRAWS_PICTURES) writeFileSync(file, drawn);
  const shape = (text: string): string => text.replaceAll(/[\d.,]+[kM]?/gu, '0').replaceAll(/ +/gu, ' ');
  expect(shape(readFileSync(file, 'utf8'))).toBe(shape(drawn));
});

describe('lines of docs/, as they are typed', () => {
  test.each(Object.entries(TYPED))(
    '%s',
    async (line, { ends, says, after }) => {
      if (after !== undefined) {
        // Git ignores nothing here: what the last job made would be in the way of this one.
        rmSync(place.workspace, { recursive: true, force: true });
        place.resetWorkspace();
        expect((await type(after)).code).toBe(3);
      }
      const { code, said } = await type(line);
      expect(said).toMatch(says);
      expect(code).toBe(ends);
    },
    180_000,
  );
});

test.each(Object.entries(HELD_BY))('the test of "%s" has its words', (line, file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  expect(wordsOf(line).length).toBeGreaterThan(0);
  expect(wordsOf(line).filter((word) => !isIn(text, word))).toEqual([]);
});

test('the status line is set as its page says, and looks as it shows', () => {
  const ofHarness = blocks.filter(({ page }) => page === 'docs/how-to/harness.md');
  const json = ofHarness.find(({ kind }) => kind === 'json')?.text ?? '';
  const { statusLine } = JSON.parse(json) as { statusLine: { type: string; command: string } };
  expect(statusLine.type).toBe('command');
  const [, , name = ''] = statusLine.command.split(' ');
  expect(Object.keys(commands)).toContain(name);
  const line = ofHarness.find(({ kind }) => kind === 'text')?.text.trim();
  const known = { warmRatio: 0.92, unknownCount: 0, mayLackOlder: false };
  const atAblest = { model: 'gpt-6-sol', billNanoUsd: nanoFromUsd(1.52) };
  expect(line).toBe(sessionLineText({ model: 'gpt-6-luna', billedNanoUsd: nanoFromUsd(0.42), ...known, atAblest }));
});

test('llms.txt names every page of docs/, and none that is not there', () => {
  const listed = [...readFileSync(path.join(root, 'docs/llms.txt'), 'utf8').matchAll(/\]\(([^)]+)\)/gu)].map(
    ([, page = '']) => page,
  );
  const pages = globSync('**/*.md', { cwd: path.join(root, 'docs') }).map((page) => page.split(path.sep).join('/'));
  expect(listed.toSorted()).toEqual(pages.toSorted());
});
