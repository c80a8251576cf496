import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/json.ts';
import { listAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';

/** One request body as Claude Code sent it, put together from its transcript. Holds prompt text: never in a report. */
export interface RebuiltRequest {
  readonly requestId: string;
  readonly params: Row;
  /** `{system, tools}`; `undefined` when the transcript does not hold it. */
  readonly shape: Row | undefined;
  /** In order; `undefined` where the transcript lacks a message. */
  readonly messages: readonly (Row | undefined)[];
  readonly missingCount: number;
}

/**
 * Rebuilds requests from transcripts of 2.1.330 and later. Every request names its messages by the SHA-256 of their canonical
 * JSON: messages = the base request's first `keep`, then `tail`. Messages are found among the blobs, the assistant rows of one
 * message put together, and runs of consecutive tool results. Needs all rows of one file in memory.
 */
export function rebuildRequests(rows: Iterable<Row>): readonly RebuiltRequest[] {
  const known = new Map<string, Row>();
  const shapes = new Map<string, Row>();
  const requests: Row[] = [];
  const answers = new Map<string, unknown[]>();
  let results: unknown[] = [];
  const remember = (message: Row): void => void known.set(hashOf(message), message);
  for (const row of rows) {
    const message = rowAt(row, 'message');
    switch (textAt(row, 'type') ?? '') {
      case 'api-request-blob':
        if (message !== undefined) known.set(textAt(row, 'hash') ?? '', message);
        break;
      case 'api-request-shape':
        shapes.set(textAt(row, 'shapeHash') ?? '', rowAt(row, 'shape') ?? {});
        break;
      case 'api-request':
        requests.push(row);
        break;
      case 'assistant': {
        const id = textAt(message, 'id') ?? '';
        const content = [...(answers.get(id) ?? []), ...listAt(message, 'content')];
        answers.set(id, content);
        remember({ role: 'assistant', content });
        results = [];
        break;
      }
      case 'user':
        if (Array.isArray(message?.['content'])) {
          results.push(...rowsAt(message, 'content'));
          for (let start = 0; start < results.length; start += 1)
            remember({ role: 'user', content: results.slice(start) });
        } else remember({ role: 'user', content: message?.['content'] });
        break;
      default:
        break;
    }
  }
  return linkRequests(requests, known, shapes);
}

function linkRequests(
  requests: readonly Row[],
  known: ReadonlyMap<string, Row>,
  shapes: ReadonlyMap<string, Row>,
): readonly RebuiltRequest[] {
  const hashesOf = new Map<string, readonly string[]>();
  return requests.map((row) => {
    const requestId = textAt(row, 'id') ?? '';
    const base = hashesOf.get(textAt(row, 'base') ?? '') ?? [];
    const tail = listAt(row, 'tail').filter((hash) => typeof hash === 'string');
    const hashes = [...base.slice(0, Number(row['keep'] ?? 0)), ...tail];
    hashesOf.set(requestId, hashes);
    const messages = hashes.map((hash) => known.get(hash));
    return {
      requestId,
      params: rowAt(row, 'params') ?? {},
      shape: shapes.get(textAt(row, 'shapeHash') ?? ''),
      messages,
      missingCount: messages.filter((message) => message === undefined).length,
    };
  });
}

function hashOf(message: Row): string {
  return createHash('sha256').update(canonicalJson(message)).digest('hex');
}
