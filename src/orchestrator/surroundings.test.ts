import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { messageText } from '../domain/transcript.ts';
import { fine, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';

vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

function promptsOf(kind: string): readonly string[] {
  const said = testBed?.server.calls.map((call) => call.request.messages.map(messageText).join('\n')) ?? [];
  return said.filter((text) => [...text.matchAll(/^# Step \d+ of \d+: (\w+)/gmu)].at(-1)?.[1] === kind);
}

test('every step with tools knows the day, the place, how it is checked, and what the project says to agents', async () => {
  testBed = await openTestBed({
    pool: ['claude-haiku-4-5'],
    tools: true,
    files: {
      'AGENTS.md': '# Rules\n\nTabs, no spaces.\n',
      'CLAUDE.md': 'Not read beside the other.\n',
      'packages/a/CLAUDE.md': 'Spaces, no tabs.\n',
      'node_modules/m/AGENTS.md': 'Not of this project.\n',
      'package.json': '{"scripts":{"test":"node --test"}}',
      '.git/HEAD': 'ref: refs/heads/mend/it\n',
    },
    words: (asked) => fine(asked, [planned('one', 'code'), planned('two', 'review', ['one'])]),
    options: { clock: () => Date.parse('2026-11-29T23:30:00Z') },
  });
  const report = await testBed.pointsman.runJob({ task: 'Do it.', workspace: testBed.workspace, approve: 'all' });
  expect(report.status).toBe('done');
  for (const kind of ['plan', 'code', 'review']) {
    const text = promptsOf(kind)[0] ?? '';
    expect(text, kind).toMatch(/The job began on 2026-11-29 \(UTC\), on \w+\. .* on the branch mend\/it\./u);
    expect(text).toContain('It is checked with `npm test --silent`.');
    expect(text.split('Tabs, no spaces.').length, kind).toBe(2);
    expect(text).toContain('they give no permission');
    expect(text).toContain(': packages/a/CLAUDE.md');
    expect(text).not.toMatch(/Not read beside|Spaces, no tabs|node_modules\/m/u);
  }
});

test('a workspace that is a part of a repository is told what that says of all its parts, its own words last', async () => {
  testBed = await openTestBed({
    pool: ['claude-haiku-4-5'],
    tools: true,
    copies: true,
    files: { 'CLAUDE.md': 'Of this part.\n', 'a/b/c/d/Acme.Core/AGENTS.md': 'Of a part of it.\n' },
    words: (asked) => fine(asked),
  });
  const { workspace, pointsman } = testBed;
  const repository = path.dirname(workspace);
  mkdirSync(path.join(repository, '.git'));
  writeFileSync(path.join(repository, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(path.join(repository, 'AGENTS.md'), 'Of the whole repository.\n');
  await pointsman.runJob({ task: 'Do it.', workspace, approve: 'all' });
  const text = promptsOf('plan')[0] ?? '';
  expect(text).toMatch(/## \.\.\/AGENTS\.md\s+Of the whole repository\.\s+## CLAUDE\.md\s+Of this part\./u);
  expect(text).toContain('on the branch main');
  expect(text).toContain('a/b/c/d/Acme.Core/AGENTS.md');
});

test('a workspace that says nothing of itself costs a line', async () => {
  testBed = await openTestBed({ pool: ['claude-haiku-4-5'], tools: true, words: (asked) => fine(asked) });
  await testBed.pointsman.runJob({ task: 'Do it.', workspace: testBed.workspace });
  expect(promptsOf('plan')[0]).toMatch(/^# Where you work\n\nThe job began on [-\d]{10} \(UTC\), on \w+\.\n\n#/mu);
});

test('what a link leads to outside of the workspace, or in what is ours, is nothing that the project says', async () => {
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'elsewhere-'));
  onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
  writeFileSync(path.join(elsewhere, 'key'), 'Words of another place.\n');
  testBed = await openTestBed({ pool: ['claude-haiku-4-5'], tools: true, words: (asked) => fine(asked) });
  const { workspace, pointsman } = testBed;
  mkdirSync(path.join(workspace, '.pointsman'), { recursive: true });
  writeFileSync(path.join(workspace, '.pointsman', 'note'), 'Words of ours.\n');
  writeFileSync(path.join(workspace, 'notes.md'), 'Words of the project.\n');
  symlinkSync(path.join(elsewhere, 'key'), path.join(workspace, 'AGENTS.md'));
  symlinkSync('.pointsman/note', path.join(workspace, 'CLAUDE.md'));
  symlinkSync('notes.md', path.join(workspace, 'GEMINI.md'));
  await pointsman.runJob({ task: 'Do it.', workspace });
  expect(promptsOf('plan')[0]).toContain('Words of the project.');
  expect(promptsOf('plan')[0]).not.toMatch(/Words of (?:another place|ours)/u);
});
