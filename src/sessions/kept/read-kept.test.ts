import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, type At } from '../../domain/time.ts';
import { createImportTally, type Importer, type ImportTally } from '../importer.ts';
import { readSessions, sortFiles } from '../read-sessions.ts';
import { createSeenCalls } from '../seen-calls.ts';
import type { SessionTrace } from '../session-trace.ts';
import { openShelf } from './session-shelf.ts';

const samples = path.join(import.meta.dirname, '../../../fixtures/sessions');
let folder = '';
let logs = '';
let shelfFolder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-kept-'));
  logs = path.join(folder, 'logs');
  shelfFolder = path.join(folder, 'shelf');
  cpSync(samples, logs, { recursive: true });
  // As the client has it: in the folder of the session that they belong to.
  renameSync(path.join(logs, 'claude-code/subagents-dir'), path.join(logs, 'claude-code/subagents-main'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Reading {
  readonly sessions: readonly SessionTrace[];
  readonly tally: ImportTally;
  /** Files that an importer was told to read. */
  readonly readFiles: readonly string[];
}

interface ReadingOptions {
  readonly sinceAt?: At;
  readonly reader?: string;
  readonly mostBytes?: number;
}

async function read(isKept: boolean, { sinceAt, reader = 'one', mostBytes }: ReadingOptions = {}): Promise<Reading> {
  const { byImporter, unrecognised } = await sortFiles([logs]);
  const readFiles: string[] = [];
  const watched = [...byImporter].map(([importer, files]): [Importer, readonly string[]] => [
    {
      ...importer,
      read: (paths, options) => {
        readFiles.push(...paths.filter(() => importer.units !== undefined).map((file) => path.relative(logs, file)));
        return importer.read(paths, options);
      },
    },
    files,
  ]);
  const tally = createImportTally();
  const options = { seen: createSeenCalls(), tally, ...(sinceAt === undefined ? {} : { sinceAt }) };
  const shelf = isKept ? openShelf(shelfFolder, reader, mostBytes) : undefined;
  const sessions: SessionTrace[] = [];
  for await (const session of readSessions({ byImporter: new Map(watched), unrecognised }, options, shelf)) {
    sessions.push(session);
  }
  return { sessions, tally, readFiles };
}

const CODEX = { type: 'session_meta', payload: { id: 'other', timestamp: '2026-11-21T10:00:00Z' } };

/** A Claude Code session of as many calls, each of a name of its own. */
function putSession(name: string, calls: readonly string[], day = 21): string {
  const file = path.join(logs, 'claude-made', `${name}.jsonl`);
  mkdirSync(path.dirname(file), { recursive: true });
  const rows = calls.map((id, index) => ({
    sessionId: name,
    uuid: `${name}-${id}`,
    timestamp: `2026-11-${day}T10:00:0${index}Z`,
    type: 'assistant',
    requestId: `req_${id}`,
    message: {
      id: `msg_${id}`,
      role: 'assistant',
      model: 'claude-opus-5-5',
      content: [{ type: 'text', text: 'done' }],
      usage: { input_tokens: 10, output_tokens: 5 },
    },
  }));
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

describe('logs that have not changed', () => {
  test('are not read again, and come to the same, whoever wrote them', async () => {
    putSession('made', ['a', 'b']);
    const plain = await read(false);
    const first = await read(true);
    const second = await read(true);
    expect(plain.sessions.length).toBeGreaterThan(8);
    expect(first).toEqual(plain);
    expect({ ...second, readFiles: [] }).toEqual({ ...plain, readFiles: [] });
    expect(first.readFiles.length).toBeGreaterThan(4);
    expect(second.readFiles).toEqual([]);
  });

  test('are asked anew since when', async () => {
    putSession('old', ['a'], 1);
    putSession('new', ['b'], 28);
    await read(true);
    const since = { sinceAt: Date.UTC(2026, 10, 27) };
    expect((await read(true, since)).sessions).toEqual((await read(false, since)).sessions);
    rmSync(shelfFolder, { recursive: true });
    await read(true, since);
    expect((await read(true)).sessions).toEqual((await read(false)).sessions);
  });
});

describe('is read again', () => {
  test('a log that has grown, alone', async () => {
    const file = putSession('grown', ['a']);
    putSession('same', ['c']);
    await read(true);
    appendFileSync(file, readFileSync(putSession('more', ['b']), 'utf8').replaceAll('"more"', '"grown"'));
    rmSync(path.join(logs, 'claude-made', 'more.jsonl'));
    const again = await read(true);
    expect(again.readFiles).toEqual([path.join('claude-made', 'grown.jsonl')]);
    expect(again.sessions).toEqual((await read(false)).sessions);
  });

  test('a session that has a sub-agent since, or whose sub-agent has gone on', async () => {
    const file = putSession('parent', ['a']);
    await read(true);
    const agents = path.join(file.replace('.jsonl', ''), 'subagents');
    mkdirSync(agents, { recursive: true });
    const putAgent = async (calls: readonly string[]): Promise<readonly number[] | undefined> => {
      cpSync(putSession('child', calls), path.join(agents, 'agent-1.jsonl'));
      rmSync(path.join(logs, 'claude-made', 'child.jsonl'));
      const { sessions } = await read(true);
      return sessions.find(({ sessionId }) => sessionId === 'parent')?.threads.map((thread) => thread.calls.length);
    };
    expect(await putAgent(['b'])).toEqual([1, 1]);
    expect(await putAgent(['b', 'c'])).toEqual([1, 2]);
  });

  test('a session whose calls another one has by now', async () => {
    putSession('b-copy', ['a', 'b', 'c']);
    await read(true);
    putSession('a-original', ['a', 'b']);
    for (let turn = 0; turn < 2; turn += 1) {
      const { sessions } = await read(true);
      expect(sessions).toEqual((await read(false)).sessions);
      const copy = sessions.find(({ sessionId }) => sessionId === 'b-copy');
      expect([copy?.threads[0]?.calls.length, copy?.dropped.duplicateCallCount]).toEqual([1, 2]);
    }
  });

  test('a log of the same size, whose time of change was put back', async () => {
    const file = putSession('same', ['a']);
    utimesSync(file, 1000, 1000);
    await read(true);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"input_tokens":10', '"input_tokens":90'));
    utimesSync(file, 1000, 1000);
    expect((await read(true)).sessions).toEqual((await read(false)).sessions);
  });

  test('what is damaged, and what another reader has read', async () => {
    const plain = await read(true);
    for (const name of readdirSync(shelfFolder)) {
      const file = path.join(shelfFolder, name);
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    }
    expect(await read(true)).toEqual(plain);
    expect((await read(true)).readFiles).toEqual([]);
    expect(await read(true, { reader: 'another' })).toEqual(plain);
  });

  test('a family of rollouts as one', async () => {
    const put = (name: string, ...rows: readonly object[]): string => {
      const file = path.join(logs, 'codex-made', `rollout-${name}.jsonl`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      return file;
    };
    const fork = { ...CODEX, payload: { ...CODEX.payload, id: 'fork', forked_from_id: 'parent' } };
    put('a', { ...CODEX, payload: { ...CODEX.payload, id: 'parent' } });
    put('b', CODEX);
    const child = put('c', fork);
    await read(true);
    appendFileSync(child, `${JSON.stringify({ type: 'turn_context', payload: { model: 'gpt-6-sol' } })}\n`);
    const { readFiles } = await read(true);
    expect(readFiles).toEqual(['a', 'c'].map((name) => path.join('codex-made', `rollout-${name}.jsonl`)));
  });
});

describe('what is kept', () => {
  test('is for its owner alone', async () => {
    await read(true);
    const files = readdirSync(shelfFolder).map((name) => path.join(shelfFolder, name));
    expect(files.length).toBeGreaterThan(4);
    expect([shelfFolder, ...files].filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
  });

  test('is bounded: what was not used for longest goes', async () => {
    await read(true);
    const files = readdirSync(shelfFolder).map((name) => path.join(shelfFolder, name));
    const sizes = files.map((file) => statSync(file).size);
    for (const file of files) utimesSync(file, 1000, 1000);
    putSession('newest', ['z']);
    const mostBytes = Math.max(...sizes) + 5000;
    await read(true, { mostBytes });
    const left = readdirSync(shelfFolder).map((name) => statSync(path.join(shelfFolder, name)));
    expect(left.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(mostBytes);
    expect(left.some(({ mtimeMs }) => mtimeMs > 1e9)).toBe(true);
  });

  test('is bounded though another process takes files away meanwhile', async () => {
    await read(true);
    symlinkSync(path.join(folder, 'gone'), path.join(shelfFolder, 'gone.sessions'));
    putSession('newest', ['z']);
    await read(true, { mostBytes: 1000 });
    expect(readdirSync(shelfFolder).length).toBeLessThan(3);
  });

  test('of logs that are there no more goes in time', async () => {
    await read(true);
    const old = new Date(Date.now() - 40 * DAY_MS);
    for (const name of readdirSync(shelfFolder)) utimesSync(path.join(shelfFolder, name), old, old);
    rmSync(logs, { recursive: true });
    putSession('newest', ['z']);
    await read(true);
    expect(readdirSync(shelfFolder)).toHaveLength(1);
  });

  test('can be done without: a folder that cannot be made is no fault', async () => {
    writeFileSync(shelfFolder, '');
    expect((await read(true)).sessions).toEqual((await read(false)).sessions);
  });
});
