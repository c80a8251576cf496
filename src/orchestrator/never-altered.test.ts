import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { messageText } from '../domain/transcript.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import {
  fine,
  json,
  openTestBed,
  type AskedStep,
  type TestBed,
  type TestBedOptions,
  type Words,
} from '../testing/internal/test-bed.ts';
import type { JobEvent } from './model/job-event.ts';

// Jobs start servers.
vi.setConfig({ testTimeout: 60_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

async function open(options: TestBedOptions): Promise<TestBed> {
  testBed = await openTestBed({ tools: true, ...options });
  return testBed;
}

/** Made up, put together here so that no scanner takes this file for a leak. */
const KEY = `sk-${'proj-Ab12'.repeat(5)}`;
const PASSWORD = 'correct-horse-battery';
const ENV = `API_KEY=${KEY}\nDB_HOST=localhost\nDB_PASSWORD=${PASSWORD}\nURL=postgres://app:${PASSWORD}@localhost/app\n`;

const CODE = [
  'const password = form.password.value;',
  'const headers = { Authorization: `Bearer ${token}` };',
  'const client = new Client({ apiKey: process.env.SERVICE_KEY });',
  'api_key=os.getenv("SERVICE_KEY")',
  'const cookie = { cookie: "session=abcdef" };',
  'const messages = { password: "Password is required" };',
  'curl -H "Authorization: Bearer $TOKEN" https://localhost/',
  'DATABASE_URL = "postgres://user:password@localhost:5432/test"',
  `const dummy = "${['gh', 'p_'].join('')}${'A1b2C3d4E5'.repeat(4)}";`,
  'if (password: string) return this.password.trim();',
  ['-----BEGIN ', 'PRIVATE KEY-----\nabcdefgh\n-----END ', 'PRIVATE KEY-----'].join(''),
].join('\n');

const call = (name: string, input: JsonObject): ScriptedAnswer => ({ toolCalls: [{ name, input }] });
/** The text of the newest tool result that the model was sent. */
function lastResult({ request }: AskedStep): string {
  const message = request.messages.at(-1);
  return message === undefined ? '' : messageText(message);
}

/** Reads `.env`, changes one line of what it was shown, and writes it back. */
const changesHost =
  (file: string, atWrite: (asked: AskedStep) => ScriptedAnswer | undefined = () => undefined): Words =>
  (asked) => {
    if (asked.kind !== 'code') return fine(asked);
    if (asked.turn === 0) return call('filesystem__read_text_file', { path: file });
    if (asked.turn > 1) return fine(asked);
    const content = lastResult(asked).replace('localhost\n', 'db.internal\n');
    return atWrite(asked) ?? call('filesystem__write_file', { path: file, content });
  };

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
const holding = (folder: string, secret: string): readonly string[] =>
  filesUnder(folder).filter((file) => readFileSync(file).includes(secret));

describe('what a model reads and writes is never altered', () => {
  test('a file with secrets that is read, changed in one line and written back keeps every other byte', async () => {
    const home = await open({ words: fine, files: { '.env': ENV } });
    const file = path.join(home.workspace, '.env');
    home.say(changesHost(file));
    const events: JobEvent[] = [];
    const report = await home.pointsman.runJob(
      { task: `Change the host; the key is ${KEY}.`, workspace: home.workspace, approve: 'all' },
      { onEvent: (event) => events.push(event) },
    );
    expect(report.status).toBe('done');
    expect(readFileSync(file, 'utf8')).toBe(ENV.replace('DB_HOST=localhost', 'DB_HOST=db.internal'));
    expect(home.server.calls.some(({ request }) => JSON.stringify(request.messages).includes(KEY))).toBe(true);
    // Nothing that is shown or left behind holds them.
    const steps = await home.pointsman.jobSteps(report.jobId);
    for (const shown of [report, events, steps, await home.pointsman.jobs()]) {
      expect(JSON.stringify(shown)).not.toContain(KEY);
      expect(JSON.stringify(shown)).not.toContain(PASSWORD);
    }
    expect(holding(home.store, KEY)).toEqual([]);
    expect(holding(home.store, PASSWORD)).toEqual([]);
  });

  test('ordinary code about passwords and tokens is written as it was said', async () => {
    const home = await open({ words: fine });
    const file = path.join(home.workspace, 'login.js');
    home.say((asked) =>
      asked.kind === 'code' && asked.turn === 0
        ? call('filesystem__write_file', { path: file, content: CODE })
        : fine(asked),
    );
    const report = await home.pointsman.runJob({ task: 'Write.', workspace: home.workspace, approve: 'all' });
    expect(report.status).toBe('done');
    expect(readFileSync(file, 'utf8')).toBe(CODE);
  });

  test('whatever lines read like secrets: read, written, edited and patched they are as they were said', async () => {
    const word = fc.constantFrom(
      'password',
      'API_KEY',
      'apiKey',
      'token',
      'client_secret',
      'Authorization',
      'cookie',
      'aws_secret_access_key',
      'PGPASSWORD',
    );
    const sign = fc.constantFrom('=', ': ', ' = ', '":"', '=>', ' := ', ': string = ');
    const letters = fc.stringMatching(/^[A-Za-z0-9+/_-]{16,44}$/u);
    const value = fc.oneof(
      letters,
      letters.map((text) => `"${text}"`),
      letters.map((text) => `Bearer ${text}`),
      letters.map((text) => ['sk', 'ant', text].join('-')),
      letters.map((text) => `${['gh', 'p_'].join('')}${text.replaceAll(/\W/gu, 'x')}`),
      letters.map((text) => `https://user:${text}@localhost/a`),
      letters.map((text) => `${['ey', 'J'].join('')}${text}.${text}.${text}`),
      fc.constantFrom(
        'form.password.value;',
        'os.getenv("X_KEY")',
        '`Bearer ${token}`',
        '"Password is required"',
        '$TOKEN',
        'process.env.A',
      ),
    );
    const secret = fc.tuple(
      fc.constantFrom('', '  ', 'export ', '# ', '- '),
      word,
      sign,
      value,
      fc.constantFrom('', ';', ',', ' // why'),
    );
    const line = secret.map((parts) => parts.join(''));
    const text = fc
      .array(line, { minLength: 2, maxLength: 6 })
      .map((lines) => ['first', ...lines, 'last', ''].join('\n'));
    const four = fc.tuple(text, text, text, text);
    await fc.assert(
      fc.asyncProperty(fc.array(four, { minLength: 6, maxLength: 6 }), line, async (rounds, put) => {
        const second = (all: string): string => all.split('\n')[1] ?? '';
        const changed = (all: string): string => all.replace(`first\n${second(all)}`, () => `first\n${put}`);
        const named = (kind: string, index: number): string => `${kind}-${index}`;
        const before = rounds.flatMap(([, edited, patched, read], index) => [
          [named('edited', index), edited],
          [named('patched', index), patched],
          [named('read', index), read],
        ]);
        const home = await open({ words: fine, files: Object.fromEntries(before) as Record<string, string> });
        const at = (kind: string, index: number): string => path.join(home.workspace, named(kind, index));
        const writes = rounds.flatMap(([wrote, edited, patched], index) => [
          { name: 'filesystem__write_file', input: { path: at('wrote', index), content: wrote } },
          {
            name: 'filesystem__edit_file',
            input: {
              path: at('edited', index),
              edits: [{ oldText: `first\n${second(edited)}\n`, newText: `first\n${put}\n` }],
            },
          },
          {
            name: 'filesystem__apply_patch',
            input: {
              patch: `--- ${named('patched', index)}\n+++ ${named('patched', index)}\n@@ -1,2 +1,2 @@\n first\n-${second(patched)}\n+${put}\n`,
            },
          },
        ]);
        home.say((asked) => {
          if (asked.kind !== 'code' || asked.turn > 2 * rounds.length) return fine(asked);
          if (asked.turn === 0) return { toolCalls: writes };
          const index = Math.floor((asked.turn - 1) / 2);
          return asked.turn % 2 === 1
            ? call('filesystem__read_text_file', { path: at('read', index) })
            : call('filesystem__write_file', { path: at('copied', index), content: lastResult(asked) });
        });
        await home.pointsman.runJob({ task: 'Write.', workspace: home.workspace, approve: 'all' });
        for (const [index, [wrote, edited, patched, read]] of rounds.entries()) {
          const kinds = ['wrote', 'edited', 'patched', 'read', 'copied'];
          expect(kinds.map((kind) => readFileSync(at(kind, index), 'utf8'))).toEqual([
            wrote,
            changed(edited),
            changed(patched),
            read,
            read,
          ]);
        }
        await home.close();
        testBed = undefined;
      }),
      { numRuns: 2 },
    );
  });

  test('a job that starts over in another process hands its model and its files the whole text', async () => {
    const home = await open({ words: fine, files: { '.env': ENV } });
    const file = path.join(home.workspace, '.env');
    home.say(changesHost(file, () => ({ text: 'I', failure: { kind: 'refused-key' } })));
    const failed = await home.pointsman.runJob({
      task: `Change the host; the key is ${KEY}.`,
      workspace: home.workspace,
      approve: 'all',
    });
    expect(failed.status).toBe('failed');
    // While it may be resumed, one private file has what is needed for that, and nothing else does.
    const kept = holding(home.store, KEY);
    expect(kept.map((one) => path.dirname(one))).toEqual([path.join(home.store, 'live')]);
    expect((statSync(kept[0] ?? '').mode & 0o777).toString(8)).toBe('600');
    await home.pointsman.close();

    home.say(changesHost(file));
    const again = await home.reopen();
    const report = await (await again.resumeJob(failed.jobId)).result;
    expect(report.status).toBe('done');
    expect(readFileSync(file, 'utf8')).toBe(ENV.replace('DB_HOST=localhost', 'DB_HOST=db.internal'));
    expect(JSON.stringify(home.server.calls.map(({ request }) => request.messages))).not.toContain('[redacted:');
    expect(holding(home.store, KEY)).toEqual([]);
  });

  test('without its private file, a job that is resumed damages nothing', async () => {
    const home = await open({ words: fine, files: { '.env': ENV } });
    const file = path.join(home.workspace, '.env');
    home.say(changesHost(file, () => ({ text: 'I', failure: { kind: 'refused-key' } })));
    const failed = await home.pointsman.runJob({ task: 'Change it.', workspace: home.workspace, approve: 'all' });
    await home.pointsman.close();
    for (const kept of filesUnder(path.join(home.store, 'live'))) writeFileSync(kept, 'lost');
    home.say(changesHost(file));
    const report = await (await (await home.reopen()).resumeJob(failed.jobId)).result;
    expect(report.status).toBe('done');
    expect(readFileSync(file, 'utf8')).toBe(ENV);
  });
});

test('a file is not written with the mark of what a result left out', async () => {
  const home = await open({ words: fine, files: { 'long.txt': 'a line of text\n'.repeat(9000) } });
  const file = path.join(home.workspace, 'long.txt');
  const before = readFileSync(file, 'utf8');
  let reported = '';
  home.say((asked) => {
    if (asked.kind !== 'code') return fine(asked);
    if (asked.turn === 0) return call('filesystem__read_text_file', { path: file });
    if (asked.turn === 1) return call('filesystem__write_file', { path: file, content: lastResult(asked) });
    reported = lastResult(asked);
    return fine(asked);
  });
  await home.pointsman.runJob({ task: 'Write.', workspace: home.workspace, approve: 'all' });
  expect(reported).toContain('what did not fit');
  expect(readFileSync(file, 'utf8')).toBe(before);
});

describe('a write that holds one of our masks is refused', () => {
  const masked = 'API_KEY=[redacted:skkey]\n';
  test.each<readonly [string, (file: string) => ScriptedAnswer, string]>([
    ['as a whole file', (file) => call('filesystem__write_file', { path: file, content: masked }), 'API_KEY=1\n'],
    [
      'in an edit',
      (file) => call('filesystem__edit_file', { path: file, edits: [{ oldText: 'API_KEY=1', newText: masked }] }),
      'API_KEY=1\n',
    ],
    [
      'in a patch',
      (file) =>
        call('filesystem__apply_patch', { patch: `--- ${file}\n+++ ${file}\n@@ -1 +1 @@\n-API_KEY=1\n+${masked}` }),
      'API_KEY=1\n',
    ],
    [
      'beside the name of another file that holds it',
      (file) =>
        call('filesystem__write_file', {
          path: file,
          content: masked,
          source: path.join(path.dirname(file), 'about.txt'),
        }),
      'API_KEY=1\n',
    ],
    ['through a command', () => call('commands__run', { program: 'mkdir', args: [masked.trim()] }), 'API_KEY=1\n'],
  ])('%s', async (_how, write, before) => {
    const home = await open({ words: fine, files: { '.env': before, 'about.txt': masked } });
    const file = path.join(home.workspace, '.env');
    let reported = '';
    home.say((asked) => {
      if (asked.kind !== 'code') return fine(asked);
      if (asked.turn === 0) return write(file);
      reported = lastResult(asked);
      return fine(asked);
    });
    await home.pointsman.runJob({ task: 'Write.', workspace: home.workspace, approve: 'all' });
    expect(reported).toMatch(/\[redacted:.*in place of a secret/u);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(home.workspace).sort()).toEqual(['.env', 'about.txt']);
  });

  test('unless the file itself is about such marks', async () => {
    const text = "export const mask = '[redacted:field]';\n";
    const home = await open({ words: fine, files: { 'mask.ts': text } });
    const file = path.join(home.workspace, 'mask.ts');
    home.say((asked) =>
      asked.kind === 'code' && asked.turn === 0
        ? call('filesystem__write_file', { path: file, content: `// Ours.\n${text}` })
        : fine(asked),
    );
    await home.pointsman.runJob({ task: 'Write.', workspace: home.workspace, approve: 'all' });
    expect(readFileSync(file, 'utf8')).toBe(`// Ours.\n${text}`);
  });
});

test('words that are streamed are shown without a secret that came in pieces', async () => {
  const home = await open({ tools: false, words: fine });
  home.say((asked) =>
    asked.kind === 'code'
      ? { text: `The key is ${KEY},\nas told.\n${json({ summary: 'Done.' }).text ?? ''}` }
      : fine(asked),
  );
  const texts: string[] = [];
  await home.pointsman.runJob(
    { task: 'Say.', workspace: home.workspace },
    { onEvent: (event) => event.type === 'text-delta' && event.stepId === 'one' && texts.push(event.text) },
  );
  expect(texts.join('')).toContain('The key is [redacted:skkey],\nas told.');
});
