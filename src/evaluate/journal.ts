import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { jsonIn } from '../domain/json.ts';
import { DIFFICULTIES, type Difficulty } from '../domain/need.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import { readPlainFile } from '../trust/plain-file.ts';

/** What one call was measured at. */
export interface Timing {
  readonly ttftMs: number;
  readonly durationMs: number;
  /** Absent: the server did not say. */
  readonly outputTokens?: number | undefined;
}

export interface TaskEntry {
  readonly v: 1;
  readonly what: 'task';
  readonly id: string;
  readonly kind: StepKind;
  readonly difficulty: Difficulty;
  readonly isRight: boolean;
  /** It was cut at the longest answer that was allowed, and so graded as it stood. Absent: it ended by itself. */
  readonly wasCut?: boolean | undefined;
  readonly timing?: Timing | undefined;
  readonly passesWrong?: number | undefined;
  readonly failsRight?: number | undefined;
}

export interface ProbeEntry {
  readonly v: 1;
  readonly what: 'probe';
  readonly id: string;
  readonly state: QuirkState;
  readonly detail: string;
  readonly tokens?: number | undefined;
  readonly timing?: Timing | undefined;
}

/** What one call, or one job, billed: also where nothing could be graded. */
export interface BillEntry {
  readonly v: 1;
  readonly what: 'bill';
  /** `null`: it is not known. */
  readonly billNanoUsd: number | null;
  /** What it may have billed at most, where that is not known. Absent: nobody can say. */
  readonly mostNanoUsd?: number | undefined;
  /** Of a call: what is noted of it later stands for what was noted before it was made. */
  readonly callId?: string | undefined;
}

export type EvaluationEntry = TaskEntry | ProbeEntry | BillEntry;

/** `refused`: the server answered with an error. `unknown`: nothing was learned of it. */
export const QUIRK_STATES = ['yes', 'no', 'refused', 'unknown'] as const;
export type QuirkState = (typeof QUIRK_STATES)[number];

/** What was graded so far, a line each, written before the next call is made: whatever ends the run, it goes on from there. */
export interface Journal {
  readonly entries: () => readonly EvaluationEntry[];
  /** Lines that could not be read, and were left where they are. */
  readonly unreadCount: number;
  readonly add: (entry: EvaluationEntry) => void;
}

const bill = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const span = z.number().min(0).max(86_400_000);
const ratio = z.number().min(0).max(1);
const timing = z.object({
  ttftMs: span,
  durationMs: span,
  outputTokens: z.number().int().min(0).max(1e9).optional(),
});
const schema: z.ZodType<EvaluationEntry> = z.discriminatedUnion('what', [
  z.object({
    v: z.literal(1),
    what: z.literal('task'),
    id: z.string().max(300),
    kind: z.enum(STEP_KINDS),
    difficulty: z.literal(DIFFICULTIES),
    isRight: z.boolean(),
    wasCut: z.boolean().optional(),
    timing: timing.optional(),
    passesWrong: ratio.optional(),
    failsRight: ratio.optional(),
  }),
  z.object({
    v: z.literal(1),
    what: z.literal('probe'),
    id: z.string().max(100),
    state: z.enum(QUIRK_STATES),
    detail: z.string().max(2000),
    tokens: z.number().int().min(0).max(1e9).optional(),
    timing: timing.optional(),
  }),
  z.object({
    v: z.literal(1),
    what: z.literal('bill'),
    billNanoUsd: bill.nullable(),
    mostNanoUsd: bill.optional(),
    callId: z.string().max(100).optional(),
  }),
]);

/** @param fresh what is there is left behind @throws PointsmanError `record-unwritable`, `record-unreadable` */
export function openJournal(file: string, { fresh }: { readonly fresh: boolean }): Journal {
  if (fresh) rmSync(file, { force: true });
  const text = readText(file);
  const lines = text.split('\n').filter((line) => line !== '');
  const entries = lines.flatMap((line) => {
    const parsed = schema.safeParse(jsonIn(line));
    return parsed.success ? [parsed.data] : [];
  });
  const unreadCount = lines.length - entries.length;
  const kept = [...entries];
  // A line that a killed process did not end must not swallow the next.
  let before = text === '' || text.endsWith('\n') ? '' : '\n';
  return {
    entries: () => kept,
    unreadCount,
    add: (entry) => {
      kept.push(entry);
      append(file, `${before}${JSON.stringify(entry)}\n`);
      before = '';
    },
  };
}

function readText(file: string): string {
  const reading = readPlainFile(file) ?? { text: '' };
  if ('text' in reading) return reading.text;
  throw new PointsmanError('record-unreadable', `What was graded before cannot be read: ${file}: ${reading.why}.`, {
    cause: reading.cause,
    hint: 'Begin anew with --fresh.',
  });
}

function append(file: string, line: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    appendFileSync(file, line, { mode: 0o600 });
  } catch (cause) {
    throw new PointsmanError('record-unwritable', `What was graded cannot be kept: ${file}.`, {
      cause,
      hint: 'Free space, or make its folder writable, and go on with the same command.',
    });
  }
}

/** What was billed, one for each call: the last that is said of it. */
export function billsIn(journal: Journal): readonly BillEntry[] {
  const bills = journal.entries().filter((entry) => entry.what === 'bill');
  return [...new Map(bills.map((one, index) => [one.callId ?? index, one])).values()];
}
