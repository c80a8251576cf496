import path from 'node:path';
import { nonEmptyLines, readRowsText } from '../../src/learn/training/outcome-row.ts';

export const BLOCK_SESSIONS_FILE = 'kv_cache_tester_sessions.jsonl.gz';

/** One recorded request, its prompt as ids of 64-token blocks. Ids name everything up to their block's end. */
export interface BlockRequest {
  readonly thread: string;
  readonly model: string;
  /** Milliseconds from the session's start. */
  readonly at: number;
  /** When its answer began. */
  readonly readableAt: number;
  /** When its answer was whole. */
  readonly endedAt: number;
  /** Why it was made: a person wrote, or a tool had answered. */
  readonly trigger: 'user' | 'tool-result';
  /** Whether its answer ended the turn. */
  readonly endsTurn: boolean;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly blocks: Int32Array;
}

/** A session of `kv_cache_tester_sessions.jsonl.gz`, all threads together in order of time. */
export interface BlockSession {
  readonly id: string;
  readonly blockTokens: number;
  /** Tools and system of the main thread, as the log counts them. */
  readonly headTokens: number;
  readonly requests: readonly BlockRequest[];
}

interface Row {
  readonly [key: string]: unknown;
  readonly t: number;
  readonly type: string;
  readonly requests?: readonly Row[];
  readonly blocks?: readonly number[];
  readonly hash_ids?: readonly number[];
}

export function loadBlockSessions(dataDir: string): readonly BlockSession[] {
  const lines = nonEmptyLines(readRowsText(path.join(dataDir, BLOCK_SESSIONS_FILE)));
  return lines.map(([line]) => toSession(JSON.parse(line) as Row));
}

export function toSession(row: Row): BlockSession {
  const requests: BlockRequest[] = [];
  const takeAll = (rows: readonly Row[], thread: string, startAt: number): void => {
    let before: Row | undefined;
    for (const one of rows) {
      const at = startAt + Math.round(1000 * one.t);
      if (one.type === 'subagent') takeAll(one.requests ?? [], String(one['agent_id']), at);
      else {
        requests.push(toRequest(one, before, thread, at));
        before = one;
      }
    }
  };
  takeAll(row.requests ?? [], 'main', 0);
  return {
    id: String(row['id']),
    blockTokens: Number(row['block_size']),
    headTokens: Number(row['tool_tokens'] ?? 0) + Number(row['system_tokens'] ?? 0),
    requests: requests
      .map((request, index) => ({ request, index }))
      .sort((a, b) => a.request.at - b.request.at || a.index - b.index)
      .map(({ request }) => request),
  };
}

function toRequest(row: Row, before: Row | undefined, thread: string, at: number): BlockRequest {
  const apiMs = Math.round(1000 * Number(row['api_time'] ?? 0));
  const ttftMs = Math.round(1000 * Number(row['ttft'] ?? 0));
  const inputs = (row['input_types'] ?? []) as readonly string[];
  const isWritten = inputs.includes('text') && (!inputs.includes('tool_result') || before?.['stop'] === 'end_turn');
  return {
    thread,
    model: String(row['model']),
    at,
    readableAt: at + (ttftMs || apiMs),
    endedAt: at + apiMs,
    trigger: before === undefined || isWritten ? 'user' : 'tool-result',
    endsTurn: row['stop'] === 'end_turn',
    promptTokens: Number(row['in']),
    outputTokens: Number(row['out']),
    blocks: row.blocks === undefined ? Int32Array.from(row.hash_ids ?? []) : unrolled(row.blocks),
  };
}

/** Every id of `[first, count, first, count, …]`. */
function unrolled(runs: readonly number[]): Int32Array {
  const ids: number[] = [];
  for (let run = 0; run < runs.length; run += 2) {
    for (let offset = 0; offset < (runs[run + 1] ?? 0); offset += 1) ids.push((runs[run] ?? 0) + offset);
  }
  return Int32Array.from(ids);
}
