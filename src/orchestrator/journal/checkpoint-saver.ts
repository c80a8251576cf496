import {
  BaseCheckpointSaver,
  TASKS,
  WRITES_IDX_MAP,
  compareWritesSortKeys,
  getCheckpointId,
  maxChannelVersion,
  writesSortKey,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  type PendingWrite,
} from '@langchain/langgraph-checkpoint';
import { textIn } from '../../domain/json.ts';
import { AS_STORED, type LiveValues } from '../../domain/live-values.ts';
import type { CheckpointRow, CheckpointRows } from './checkpoint-rows.ts';
import { createCheckpointSerde } from './checkpoint-serde.ts';

/** The first format that keeps sends in a channel; before it they stood among the writes of the parent. */
const SENDS_IN_CHANNEL_VERSION = 4;

type SaverConfig = Parameters<BaseCheckpointSaver['getTuple']>[0];

interface Key {
  readonly threadId: string;
  readonly namespace: string;
  readonly checkpointId: string | undefined;
}

export interface SaverOptions {
  /**
   * Whether a node that was cut off may start over, because what it does is kept elsewhere. What a task wrote is then stored
   * by the checkpoint that follows, and not once more before it. Errors and interrupts are stored at once either way.
   */
  readonly nodesStartOver?: boolean;
  /** Keeps the channels apart from their secrets. Absent: they are stored as they are. */
  readonly live?: LiveValues;
}

/**
 * LangGraph's checkpoints over rows that some store keeps. What a promise resolves for is committed. Throws the store's own
 * errors.
 */
export class CheckpointSaver extends BaseCheckpointSaver {
  readonly #rows: CheckpointRows;
  readonly #nodesStartOver: boolean;
  readonly #live: LiveValues;

  constructor(rows: CheckpointRows, options: SaverOptions = {}) {
    super(createCheckpointSerde());
    this.#nodesStartOver = options.nodesStartOver ?? false;
    this.#live = options.live ?? AS_STORED;
    this.#rows = rows;
  }

  override async getTuple(config: SaverConfig): Promise<CheckpointTuple | undefined> {
    if (textIn(config.configurable?.['thread_id']) === undefined) return undefined;
    const { threadId, namespace, checkpointId } = keyOf(config);
    const row = await this.#rows.find(threadId, namespace, checkpointId);
    return row === undefined ? undefined : this.#toTuple(row);
  }

  override async *list(config: SaverConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { thread_id: thread, checkpoint_ns: namespace } = config.configurable ?? {};
    const before = options.before === undefined ? undefined : keyOf(options.before).checkpointId;
    const rows = await this.#rows.list({
      thread: textIn(thread) ?? null,
      namespace: textIn(namespace) ?? null,
      checkpoint: getCheckpointId(config) || null,
      before: before ?? null,
    });
    const wanted = Object.entries(options.filter ?? {}).filter(([, value]) => value !== undefined);
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    for (const row of rows) {
      if (left <= 0) return;
      const tuple = await this.#toTuple(row);
      const metadata = tuple.metadata as Readonly<Record<string, unknown>> | undefined;
      if (!wanted.every(([key, value]) => metadata?.[key] === value)) continue;
      left -= 1;
      yield tuple;
    }
  }

  override async put(config: SaverConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<SaverConfig> {
    const { threadId, namespace, checkpointId: parentId } = keyOf(config);
    // No copy is needed: the text is made before this waits for anything.
    const [type, body] = await this.serde.dumpsTyped(
      this.#withChannels(checkpoint, (key, value) => this.#live.toStored(threadId, `${namespace} ${key}`, value)),
    );
    const [, about] = await this.serde.dumpsTyped(metadata);
    await this.#rows.put({
      thread_id: threadId,
      checkpoint_ns: namespace,
      checkpoint_id: checkpoint.id,
      parent_checkpoint_id: parentId ?? null,
      type,
      checkpoint: body,
      metadata: about,
    });
    return toConfig(threadId, namespace, checkpoint.id);
  }

  override async putWrites(config: SaverConfig, writes: PendingWrite[], taskId: string, taskPath = ''): Promise<void> {
    const { threadId, namespace, checkpointId } = keyOf(config);
    if (checkpointId === undefined) throw new Error('A write belongs to a checkpoint: checkpoint_id is missing.');
    if (this.#nodesStartOver && !writes.some(([channel]) => channel in WRITES_IDX_MAP)) return;
    const rows = await Promise.all(
      writes.map(async ([channel, value], index) => {
        const [type, body] = await this.serde.dumpsTyped(value);
        const idx = WRITES_IDX_MAP[channel] ?? index;
        return { task_id: taskId, idx, channel, type, value: body, task_path: taskPath };
      }),
    );
    // What a task wrote is written once; an error or an interrupt of a later try takes the place of the former.
    const replaces = writes.every(([channel]) => channel in WRITES_IDX_MAP);
    await this.#rows.putWrites({ threadId, namespace, checkpointId }, rows, replaces);
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.#rows.deleteThread(threadId);
  }

  /** Channels of plain objects hold words; lists are branches that are sent, which hold names of steps. */
  #withChannels(checkpoint: Checkpoint, act: (key: string, value: unknown) => unknown): Checkpoint {
    const entries = Object.entries(checkpoint.channel_values);
    const changed = entries.map(([channel, value]) => {
      const key = `${checkpoint.id} ${channel}`;
      return [channel, typeof value === 'object' && !Array.isArray(value) ? act(key, value) : value] as const;
    });
    const isSame = changed.every(([, value], index) => value === entries[index]?.[1]);
    return isSame ? checkpoint : { ...checkpoint, channel_values: Object.fromEntries(changed) };
  }

  async #toTuple(row: CheckpointRow): Promise<CheckpointTuple> {
    const { thread_id: threadId, checkpoint_ns: namespace, parent_checkpoint_id: parentId } = row;
    const type = row.type ?? 'json';
    const stored = (await this.serde.loadsTyped(type, row.checkpoint)) as Checkpoint;
    const checkpoint = this.#withChannels(stored, (key, value) =>
      this.#live.toLive(threadId, `${namespace} ${key}`, value),
    );
    if (checkpoint.v < SENDS_IN_CHANNEL_VERSION && parentId !== null) {
      await this.#moveSends(checkpoint, { threadId, namespace, checkpointId: parentId });
    }
    return {
      config: toConfig(threadId, namespace, row.checkpoint_id),
      checkpoint,
      metadata: (await this.serde.loadsTyped('json', row.metadata)) as CheckpointMetadata,
      pendingWrites: await this.#writesOf({ threadId, namespace, checkpointId: row.checkpoint_id }),
      ...(parentId === null ? {} : { parentConfig: toConfig(threadId, namespace, parentId) }),
    };
  }

  /** In the order in which a running graph applies them. */
  async #writesOf(key: Required<Key>): Promise<CheckpointPendingWrite[]> {
    const rows = await this.#rows.writes(key.threadId, key.namespace, key.checkpointId ?? '');
    const sorted = rows
      .map((row) => ({ row, order: writesSortKey(row.task_path, row.task_id, row.idx) }))
      .sort((a, b) => compareWritesSortKeys(a.order, b.order));
    return Promise.all(
      sorted.map(async ({ row }): Promise<CheckpointPendingWrite> => [
        row.task_id,
        row.channel,
        (await this.serde.loadsTyped(row.type ?? 'json', row.value ?? '')) as unknown,
      ]),
    );
  }

  async #moveSends(checkpoint: Checkpoint, parent: Required<Key>): Promise<void> {
    const sends = (await this.#writesOf(parent)).filter(([, channel]) => channel === TASKS);
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_values = { ...checkpoint.channel_values, [TASKS]: sends.map(([, , value]) => value) };
    checkpoint.channel_versions[TASKS] =
      versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }
}

function keyOf(config: SaverConfig): Key {
  const { thread_id: thread, checkpoint_ns: namespace } = config.configurable ?? {};
  const threadId = textIn(thread);
  if (threadId === undefined) throw new Error('A checkpoint belongs to a thread: configurable.thread_id is missing.');
  return { threadId, namespace: textIn(namespace) ?? '', checkpointId: getCheckpointId(config) || undefined };
}

function toConfig(threadId: string, namespace: string, checkpointId: string): SaverConfig {
  return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: checkpointId } };
}
