/** A checkpoint as it lies in a table. */
export interface CheckpointRow {
  readonly thread_id: string;
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly parent_checkpoint_id: string | null;
  readonly type: string | null;
  readonly checkpoint: Uint8Array;
  readonly metadata: Uint8Array;
}

/** What a task wrote. */
export interface WriteRow {
  readonly task_id: string;
  readonly idx: number;
  readonly channel: string;
  readonly type: string | null;
  readonly value: Uint8Array | null;
  readonly task_path: string;
}

/** `null`: any. */
export interface CheckpointsWanted {
  readonly thread: string | null;
  readonly namespace: string | null;
  readonly checkpoint: string | null;
  /** Those before it. */
  readonly before: string | null;
}

export interface CheckpointKey {
  readonly threadId: string;
  readonly namespace: string;
  readonly checkpointId: string;
}

type Soon<Value> = Value | Promise<Value>;

/** The rows of checkpoints in some store. What a method resolves for is committed; several writes of one call are one transaction. */
export interface CheckpointRows {
  /** The latest where no id is given. */
  find(threadId: string, namespace: string, checkpointId: string | undefined): Soon<CheckpointRow | undefined>;
  /** The latest first. */
  list(wanted: CheckpointsWanted): Soon<readonly CheckpointRow[]>;
  writes(threadId: string, namespace: string, checkpointId: string): Soon<readonly WriteRow[]>;
  put(row: CheckpointRow): Soon<void>;
  /** @param replaces whether a later write takes the place of a former one; else the first stands */
  putWrites(key: CheckpointKey, rows: readonly WriteRow[], replaces: boolean): Soon<void>;
  deleteThread(threadId: string): Soon<void>;
}
