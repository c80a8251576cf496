import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Send } from '@langchain/langgraph';
import {
  ERROR,
  INTERRUPT,
  JsonPlusSerializer,
  TASKS,
  emptyCheckpoint,
  uuid6,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
} from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCheckpointSerde } from '../checkpoint-serde.ts';
import { openSqliteCheckpoints, type Checkpoints } from './sqlite-checkpoints.ts';

let folder: string;
let file: string;
let open: Checkpoints;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-checkpoints-'));
  file = path.join(folder, 'checkpoints.db');
  open = openSqliteCheckpoints(file);
});
afterEach(() => {
  open.close();
  rmSync(folder, { recursive: true, force: true });
});

const about = (step: number, source: CheckpointMetadata['source'] = 'loop'): CheckpointMetadata => ({
  source,
  step,
  parents: {},
});
const at = (thread: string, namespace = ''): { configurable: Record<string, string> } => ({
  configurable: { thread_id: thread, checkpoint_ns: namespace },
});
const holding = (job: unknown, version = 1): Checkpoint => ({
  ...emptyCheckpoint(),
  id: uuid6(version),
  channel_values: { job },
  channel_versions: { job: version },
  versions_seen: { select: { job: version } },
});

/** What another process would find. */
function reopened(): Checkpoints['saver'] {
  open.close();
  open = openSqliteCheckpoints(file);
  return open.saver;
}

async function all(list: AsyncGenerator<CheckpointTuple>): Promise<readonly CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = [];
  for await (const tuple of list) tuples.push(tuple);
  return tuples;
}

/** Three checkpoints of one thread, each the parent of the next. */
async function chain(thread: string, namespace = ''): Promise<readonly Checkpoint[]> {
  const checkpoints = [1, 2, 3].map((step) => holding({ step }, step));
  let config = at(thread, namespace);
  for (const [index, checkpoint] of checkpoints.entries()) {
    config = (await open.saver.put(
      config,
      checkpoint,
      about(index, index === 0 ? 'input' : 'loop'),
      {},
    )) as typeof config;
  }
  return checkpoints;
}

describe('the store of checkpoints', () => {
  test('gives back the newest of a thread with its versions, its metadata and its parent, to another process too', async () => {
    const [, second, third] = await chain('job-1');
    const tuple = await reopened().getTuple(at('job-1'));
    expect(tuple?.checkpoint).toEqual(third);
    expect(tuple?.checkpoint.channel_versions).toEqual({ job: 3 });
    expect(tuple?.metadata).toEqual(about(2));
    expect(tuple?.config.configurable).toEqual({ thread_id: 'job-1', checkpoint_ns: '', checkpoint_id: third?.id });
    expect(tuple?.parentConfig?.configurable?.['checkpoint_id']).toBe(second?.id);
  });

  test('the first of a thread has no parent, and an unknown thread has nothing', async () => {
    const [first] = await chain('job-1');
    const tuple = await open.saver.getTuple({
      configurable: { ...at('job-1').configurable, checkpoint_id: first?.id },
    });
    expect(tuple?.checkpoint).toEqual(first);
    expect(tuple?.parentConfig).toBeUndefined();
    expect(await open.saver.getTuple(at('job-2'))).toBeUndefined();
    expect(await open.saver.getTuple(at('job-1', 'elsewhere'))).toBeUndefined();
  });

  test('lists the newest first, by thread, namespace, age and metadata, up to a limit', async () => {
    const [first, second, third] = await chain('job-1');
    const [, , other] = await chain('job-2', 'sub');
    const ids = async (...asked: Parameters<Checkpoints['saver']['list']>): Promise<readonly string[]> =>
      (await all(open.saver.list(...asked))).map((tuple) => tuple.checkpoint.id);
    const before = { configurable: { ...at('job-1').configurable, checkpoint_id: third?.id } };
    expect(await ids(at('job-1'))).toEqual([third?.id, second?.id, first?.id]);
    expect(await ids(at('job-1'), { before })).toEqual([second?.id, first?.id]);
    expect(await ids(at('job-1'), { limit: 1 })).toEqual([third?.id]);
    expect(await ids(at('job-1'), { limit: 1, filter: { source: 'input' } })).toEqual([first?.id]);
    expect(await ids(at('job-2', 'sub'), { limit: 1 })).toEqual([other?.id]);
    expect(await ids(at('job-2'))).toEqual([]);
    expect(await ids({ configurable: {} })).toHaveLength(6);
  });

  test('writes of tasks come back in the order in which a running graph applies them', async () => {
    const config = await open.saver.put(at('job-1'), holding(0), about(0), {});
    await open.saver.putWrites(config, [['job', 'third']], 'task-a', '~__pregel_pull, verify');
    await open.saver.putWrites(
      config,
      [
        ['job', 'second'],
        [TASKS, 'send'],
      ],
      'task-b',
      '',
    );
    await open.saver.putWrites(config, [['job', 'first']], 'task-a', '');
    const tuple = await reopened().getTuple(config);
    // One task's writes are kept once: the second writing of task-a is the same task's again.
    expect(tuple?.pendingWrites).toEqual([
      ['task-b', 'job', 'second'],
      ['task-b', TASKS, 'send'],
      ['task-a', 'job', 'third'],
    ]);
  });

  test('what a task wrote stands; an error of a later try takes the place of the former', async () => {
    const config = await open.saver.put(at('job-1'), holding(0), about(0), {});
    await open.saver.putWrites(config, [['job', 'kept']], 'task');
    await open.saver.putWrites(config, [['job', 'late']], 'task');
    await open.saver.putWrites(config, [[ERROR, 'first']], 'task');
    await open.saver.putWrites(config, [[ERROR, 'second']], 'task');
    const writes = (await open.saver.getTuple(config))?.pendingWrites ?? [];
    expect(writes.map(([, channel, value]) => [channel, value])).toEqual([
      [ERROR, 'second'],
      ['job', 'kept'],
    ]);
  });

  test('where nodes may start over, what tasks wrote is not stored before its checkpoint, but errors and interrupts are', async () => {
    open.close();
    open = openSqliteCheckpoints(file, { nodesStartOver: true });
    const config = await open.saver.put(at('job-1'), holding(0), about(0), {});
    await open.saver.putWrites(config, [['job', 'done']], 'task-a', '');
    await open.saver.putWrites(config, [[ERROR, { message: 'no' }]], 'task-b', '');
    await open.saver.putWrites(
      config,
      [
        [INTERRUPT, [{ value: 'may I?' }]],
        ['job', 'half'],
      ],
      'task-c',
      '',
    );
    const tuple = await reopened().getTuple(config);
    expect(tuple?.pendingWrites).toEqual([
      ['task-b', ERROR, { message: 'no' }],
      ['task-c', INTERRUPT, [{ value: 'may I?' }]],
      ['task-c', 'job', 'half'],
    ]);
  });

  test('forgets a thread with its writes, and no other', async () => {
    await chain('job-1');
    await chain('job-2');
    const config = await open.saver.put(at('job-1'), holding(0, 9), about(9), {});
    await open.saver.putWrites(config, [['job', 1]], 'task');
    await open.saver.deleteThread('job-1');
    expect(await all(reopened().list({ configurable: {} }))).toHaveLength(3);
    const database = new DatabaseSync(file);
    expect(database.prepare('SELECT count(*) AS n FROM writes').get()?.['n']).toBe(0);
    database.close();
  });

  test('refuses what belongs to no thread or no checkpoint', async () => {
    await expect(open.saver.put({}, holding(0), about(0), {})).rejects.toThrow('thread_id');
    await expect(open.saver.putWrites(at('job-1'), [['job', 1]], 'task')).rejects.toThrow('checkpoint_id');
    expect(await open.saver.getTuple({ configurable: {} })).toBeUndefined();
  });

  test("reads a store that LangGraph's own SQLite saver has written", async () => {
    open.close();
    rmSync(file);
    const database = new DatabaseSync(file);
    database.exec(`CREATE TABLE checkpoints (thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL DEFAULT '',
        checkpoint_id TEXT NOT NULL, parent_checkpoint_id TEXT, type TEXT, checkpoint BLOB, metadata BLOB,
        PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
      CREATE TABLE writes (thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL DEFAULT '', checkpoint_id TEXT NOT NULL,
        task_id TEXT NOT NULL, idx INTEGER NOT NULL, channel TEXT NOT NULL, type TEXT, value BLOB,
        PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx))`);
    const theirs = new JsonPlusSerializer();
    const checkpoint = holding({ mode: undefined, sent: new Send('execute', { stepId: 's1' }) });
    const [type, body] = await theirs.dumpsTyped(checkpoint);
    const [, metadata] = await theirs.dumpsTyped(about(4));
    database
      .prepare('INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run('job-1', '', checkpoint.id, null, type, body, metadata);
    database
      .prepare('INSERT INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run('job-1', '', checkpoint.id, 'task', 0, 'job', 'json', Buffer.from('{"a":1}'));
    database.close();

    open = openSqliteCheckpoints(file);
    const tuple = await open.saver.getTuple(at('job-1'));
    expect(tuple?.checkpoint.channel_values).toEqual({
      job: { mode: undefined, sent: { node: 'execute', args: { stepId: 's1' } } },
    });
    expect(tuple?.pendingWrites).toEqual([['task', 'job', { a: 1 }]]);
    // And goes on in it.
    await open.saver.putWrites(tuple?.config ?? {}, [['job', 2]], 'task-2', 'path');
    expect((await open.saver.getTuple(at('job-1')))?.pendingWrites).toHaveLength(2);
  });

  test('a file that is no database of ours is refused with a code and a hint', () => {
    const foreign = path.join(folder, 'foreign.db');
    writeFileSync(foreign, 'not a database at all, but long enough to be taken for one'.repeat(40));
    expect(() => openSqliteCheckpoints(foreign)).toThrow(
      expect.objectContaining({ code: 'record-unreadable', hint: expect.stringContaining('Move the file away') }),
    );
    const other = path.join(folder, 'other.db');
    const database = new DatabaseSync(other);
    database.exec('CREATE TABLE checkpoints (x); CREATE TABLE writes (y)');
    database.close();
    expect(() => openSqliteCheckpoints(other)).toThrow(expect.objectContaining({ code: 'record-unreadable' }));
    expect(() => openSqliteCheckpoints(path.join(folder, 'no/such/folder.db'))).toThrow(
      expect.objectContaining({ code: 'record-unwritable' }),
    );
  });
});

describe('the serializer of checkpoints', () => {
  const ours = createCheckpointSerde();
  const theirs = new JsonPlusSerializer();
  const both = async (value: unknown): Promise<readonly unknown[]> => {
    const [type, bytes] = await ours.dumpsTyped(value);
    return [await ours.loadsTyped(type, bytes), await theirs.loadsTyped(type, bytes)];
  };

  test("plain JSON comes back as it was, and LangGraph's own reads it too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), async (value) => {
        // JSON knows one zero.
        const json = JSON.parse(JSON.stringify(value)) as unknown;
        expect(await both(value)).toEqual([json, json]);
      }),
      { seed: 20_261_122 },
    );
  });

  test("what JSON cannot hold takes LangGraph's own way", async () => {
    const value = {
      map: new Map([['a', 1]]),
      set: new Set([1]),
      bytes: new Uint8Array([1, 2]),
      why: new Error('full'),
    };
    for (const copy of await both(value)) expect(copy).toEqual(value);
    expect(await both(undefined)).toEqual([undefined, undefined]);
    expect(await ours.dumpsTyped(new Uint8Array([7]))).toEqual(['bytes', new Uint8Array([7])]);
  });

  test('a circle is cut as LangGraph cuts it, and does not hang', async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const [type, bytes] = await theirs.dumpsTyped(circle);
    const cut: unknown = await theirs.loadsTyped(type, bytes);
    expect(await both(circle)).toEqual([cut, cut]);
  });
});
