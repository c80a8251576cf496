import { expect, test, vi } from 'vitest';
import { fine, openTestBed, planned } from '../../testing/internal/test-bed.ts';

// The job starts servers and programs: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

/** Red at the second and the third run, whatever is there: the first is before the job. */
const CHECK = `const fs = require('node:fs');
fs.appendFileSync('runs.txt', '.');
const count = fs.readFileSync('runs.txt', 'utf8').length;
const isRed = count === 2 || count === 3;
console.log(\`TAP version 14\\n\${isRed ? 'not ok' : 'ok'} 1 - a test\`);
process.exitCode = isRed ? 1 : 0;
`;

test.each<readonly [string, (rejected: boolean) => string, unknown]>([
  ['the same as a refused one', () => 'new\n', [{ attempt: 0, likeness: 'identical' }]],
  ['another than the refused one', (rejected) => (rejected ? 'other\n' : 'new\n'), undefined],
])('a change that is %s is told so in the record', async (_what, content, expected) => {
  const testBed = await openTestBed({
    pool: ['claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-luna'],
    tools: true,
    files: { 'AGENTS.md': 'check: node check.cjs\n', 'check.cjs': CHECK, 'a.js': 'old\n' },
    words: (asked) =>
      asked.kind === 'code' && asked.turn === 0
        ? {
            toolCalls: [{ name: 'filesystem__write_file', input: { path: 'a.js', content: content(asked.rejected) } }],
          }
        : fine(asked, [{ ...planned('one', 'code'), check: 'tests' }]),
  });
  try {
    const { pointsman, workspace } = testBed;
    const report = await pointsman.runJob({ task: 'Change a.js.', workspace, approve: 'all' });
    const records = (await pointsman.jobSteps(report.jobId)).filter(({ kind }) => kind === 'code');
    expect(records.map(({ outcome }) => outcome?.status)).toEqual(['rejected', 'accepted']);
    expect(records.map(({ outcome }) => outcome?.alike)).toEqual([undefined, expected]);
  } finally {
    await testBed.close();
  }
});
