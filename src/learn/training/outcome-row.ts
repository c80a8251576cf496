import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import type { Ratio } from '../../domain/time.ts';

/** One task with what each system made of it. A system that is missing was not run; it did not fail. */
export interface OutcomeRow {
  readonly id: string;
  readonly source: string;
  readonly split: 'train' | 'dev' | undefined;
  readonly taskType: string;
  /** Repository, subject or MCP service: the coarse group that is known before the task is tried. */
  readonly domain: string | undefined;
  readonly prompt: string | undefined;
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export interface Outcome {
  /** 1 or 0, a mean over runs, or graded. */
  readonly score: Ratio;
  /** What the run billed, in USD. 0 and null in the source both mean unknown. */
  readonly costUsd: number | undefined;
  /** Each repeated run by itself, where the source has them. */
  readonly runs?: readonly boolean[];
}

const rowSchema = z.object({
  id: z.string(),
  source: z.string().default('own'),
  split: z.enum(['train', 'dev']).optional().catch(undefined),
  task_type: z.string().default('other'),
  domain: z.string().nullish(),
  service: z.string().nullish(),
  prompt: z.string().nullish(),
  outcomes: z.record(
    z.string(),
    z.object({
      score: z.number().min(0).max(1),
      cost_usd: z.number().nonnegative().nullish(),
      runs: z
        .array(z.object({ success: z.boolean() }))
        .optional()
        .catch(undefined),
    }),
  ),
});

/**
 * Reads rows in the common form (`{id, source, split, task_type, domain?, prompt, outcomes}`), one JSON object a line.
 * @throws PointsmanError `request-invalid` naming the file and line.
 */
export function parseOutcomeRows(text: string, file = 'rows'): readonly OutcomeRow[] {
  return nonEmptyLines(text).map(([line, number]) => {
    const parsed = rowSchema.safeParse(parseJson(line, `${file}:${number}`));
    if (!parsed.success) throw invalid(`${file}:${number}`, z.prettifyError(parsed.error));
    const row = parsed.data;
    return {
      id: row.id,
      source: row.source,
      split: row.split,
      taskType: row.task_type,
      domain: row.domain ?? row.service ?? undefined,
      prompt: row.prompt ?? undefined,
      outcomes: Object.fromEntries(
        Object.entries(row.outcomes).map(([model, outcome]) => [
          model,
          {
            score: outcome.score,
            costUsd: outcome.cost_usd ? outcome.cost_usd : undefined,
            ...(outcome.runs === undefined ? {} : { runs: outcome.runs.map((run) => run.success) }),
          },
        ]),
      ),
    };
  });
}

/** Text of a file of rows, gunzipped when its first bytes say so. */
export function readRowsText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (thrown) {
    throw new PointsmanError('request-invalid', `Cannot read ${file}`, {
      cause: thrown,
      hint: 'Give the path of a file of JSON lines, plain or gzipped.',
    });
  }
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function loadOutcomeRows(file: string): readonly OutcomeRow[] {
  return parseOutcomeRows(readRowsText(file), file);
}

/** Lines that hold something, with their one-based numbers. */
export function nonEmptyLines(text: string): readonly (readonly [string, number])[] {
  return text
    .split('\n')
    .map((line, index) => [line, index + 1] as const)
    .filter(([line]) => line.trim() !== '');
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw invalid(where, 'not JSON');
  }
}

function invalid(where: string, why: string): PointsmanError {
  return new PointsmanError('request-invalid', `${where}: ${why}`, {
    hint: 'Each line is {"id", "task_type", "prompt", "outcomes": {"model": {"score": 0..1, "cost_usd"?}}}.',
  });
}
