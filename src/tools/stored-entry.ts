import { z } from 'zod';
import type { ToolResultPart } from '../domain/transcript.ts';
import type { JournalEntry } from './tool-journal.ts';

const part = z.union([
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('image'), mediaType: z.string(), source: z.looseObject({ kind: z.string() }) }),
]);
const resultSchema = z.looseObject({
  type: z.literal('tool-result'),
  toolCallId: z.string(),
  toolName: z.string(),
  content: z.array(part),
  isError: z.boolean(),
});

/** Keys of a job's calls begin with its id. */
export function jobOf(key: string): string {
  return key.split('/')[0] ?? key;
}

/** A row of `fingerprint`, `started_at` and `result`, whatever store it lies in. */
export function toEntry(
  row: Readonly<Record<string, unknown>>,
  toLive: (stored: ToolResultPart) => ToolResultPart,
): JournalEntry {
  const base = { fingerprint: String(row['fingerprint']), startedAt: Number(row['started_at']) };
  const stored = row['result'];
  if (typeof stored !== 'string') return { state: 'started', ...base };
  const result = resultSchema.parse(JSON.parse(stored));
  return { state: 'finished', ...base, result: toLive(result as unknown as ToolResultPart) };
}
