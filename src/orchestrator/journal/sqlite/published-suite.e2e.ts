import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../../testing/internal/clients.ts';

const run = promisify(execFile);
const folder = temporaryFolder('pointsman-checkpoint-suite');
afterAll(() => folder.remove());

/** LangGraph's suite for savers. It wants a Vitest of its own, so that it lives in a folder of its own. */
const PACKAGE = '@langchain/langgraph-checkpoint-validation@1.1.1';
/** Left out for LangGraph's own SQLite saver as well, and for those in memory and in MongoDB. */
const EXEMPT = 'should only store channel_values that have changed (based on newVersions)';

const SUITE = `
import { specTest } from '@langchain/langgraph-checkpoint-validation';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { openSqliteCheckpoints } from ${JSON.stringify(path.join(import.meta.dirname, 'sqlite-checkpoints.ts'))};
const opened = new Map();
specTest({
  checkpointerName: 'pointsman',
  createCheckpointer() {
    const checkpoints = openSqliteCheckpoints(path.join(mkdtempSync(path.join(import.meta.dirname, 'store-')), 'jobs.db'));
    opened.set(checkpoints.saver, checkpoints);
    return checkpoints.saver;
  },
  destroyCheckpointer: (saver) => opened.get(saver)?.close(),
});
`;

interface Results {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

test('the saver keeps what LangGraph’s published suite asks of savers', async () => {
  const dir = path.join(folder.dir, 'suite');
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'package.json'), '{ "type": "module", "private": true }\n');
  writeFileSync(path.join(dir, 'saver.test.mjs'), SUITE);
  writeFileSync(
    path.join(dir, 'vitest.config.mjs'),
    'export default { test: { globals: true, include: ["saver.test.mjs"], server: { deps: { inline: [/checkpoint-validation/] } } } };\n',
  );
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', PACKAGE], {
    cwd: dir,
    maxBuffer: 1 << 24,
  });
  const results = path.join(dir, 'results.json');
  const vitest = path.join(dir, 'node_modules/vitest/vitest.mjs');
  // It ends with 1 for the test that is exempt; what counts is which tests failed.
  await run(process.execPath, [vitest, 'run', '--reporter=json', `--outputFile=${results}`], { cwd: dir }).catch(
    () => undefined,
  );
  const tests = (JSON.parse(readFileSync(results, 'utf8')) as Results).testResults.flatMap(
    (file) => file.assertionResults,
  );
  expect(tests.length).toBeGreaterThan(700);
  expect(tests.filter(({ status }) => status !== 'passed').map(({ title }) => title)).toEqual([EXEMPT]);
});
