import { z } from 'zod';
import { PointsmanError } from '../../../src/domain/errors.ts';
import { NEED_SIZES, type Difficulty, type NeedSize, type Stakes } from '../../../src/domain/need.ts';
import { STEP_KINDS, type StepKind } from '../../../src/domain/step.ts';
import type { NeedText } from '../../../src/predict/need/need-features.ts';

/** A step that somebody labelled. */
export interface NeedRow extends NeedText {
  readonly id: string;
  /** Whose hand wrote it: rows of one author stand or fall together. */
  readonly author: string;
  readonly split: 'train' | 'dev';
  readonly language: string;
  readonly kind: StepKind;
  readonly size: NeedSize;
  readonly difficulty: Difficulty;
  readonly stakes: Stakes;
  /** Rows that share most of their words and need something else. */
  readonly pair?: string | undefined;
}

const schema = z.object({
  id: z.string(),
  split: z.enum(['train', 'dev']).default('train'),
  lang: z.string().default('en'),
  context: z.array(z.object({ role: z.enum(['user', 'assistant', 'tool']), text: z.string() })).default([]),
  text: z.string(),
  kind: z.enum(STEP_KINDS),
  size: z.enum(NEED_SIZES),
  difficulty: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]),
  stakes: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  pair: z.string().optional(),
});

/** Reads labelled steps, one JSON object a line. @throws PointsmanError `request-invalid` naming the line */
export function parseNeedRows(text: string): readonly NeedRow[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => toRow(line, index + 1));
}

function toRow(line: string, number: number): NeedRow {
  const parsed = schema.safeParse(parseJson(line));
  if (!parsed.success) {
    throw new PointsmanError('request-invalid', `Labelled steps, line ${number}: ${z.prettifyError(parsed.error)}`, {
      hint: 'Give one JSON object a line with id, text, kind, size, difficulty and stakes.',
    });
  }
  const { lang, context, ...row } = parsed.data;
  return { ...row, language: lang, before: context, author: row.id.split('/')[0] ?? row.id };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
