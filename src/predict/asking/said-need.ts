import { z } from 'zod';
import {
  DIFFICULTIES,
  NEED_PARTS,
  NEED_SIZES,
  NEED_VALUES,
  STAKES,
  type NeedPart,
  type NeedPartName,
  type SaidNeed,
  type StepNeed,
} from '../../domain/need.ts';
import { STEP_KINDS } from '../../domain/step.ts';

const said = z.object({
  kind: z.enum(STEP_KINDS),
  size: z.enum(NEED_SIZES),
  difficulty: z.coerce.number().pipe(z.literal(DIFFICULTIES)),
  stakes: z.coerce.number().pipe(z.literal(STAKES)),
});

/** The first object of ours in a model's answer, which may repeat the form of it before: anything else is no answer. */
export function parseSaid(answer: string): SaidNeed | undefined {
  for (const [object] of answer.matchAll(/\{[^{}]*\}/gu)) {
    const found = parseObject(object);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parseObject(object: string): SaidNeed | undefined {
  try {
    return said.safeParse(JSON.parse(object)).data;
  } catch {
    return undefined;
  }
}

/**
 * What is so when a careful reader says so: rows are what was said, columns what a second one said of the same step, counted on 200 steps that
 * two people labelled without seeing each other (2026-11), one more in each place. In the order of each part's values.
 */
const AGREEMENT: Readonly<Record<NeedPartName, readonly (readonly number[])[]>> = {
  kind: [
    [15, 0, 0, 0, 0, 0, 1],
    [0, 65, 0, 0, 0, 1, 0],
    [0, 0, 19, 0, 0, 0, 0],
    [0, 0, 0, 20, 0, 0, 0],
    [0, 0, 0, 2, 15, 0, 0],
    [0, 1, 3, 0, 2, 35, 0],
    [0, 1, 0, 0, 0, 2, 18],
  ],
  size: [
    [49, 24, 1, 0],
    [4, 72, 10, 0],
    [1, 6, 21, 5],
    [0, 0, 5, 2],
  ],
  difficulty: [
    [43, 19, 1, 0, 0],
    [4, 35, 15, 2, 0],
    [0, 2, 34, 10, 2],
    [0, 0, 2, 13, 4],
    [0, 0, 0, 4, 10],
  ],
  stakes: [
    [104, 13, 1],
    [14, 33, 4],
    [0, 6, 25],
  ],
};

/** A part as a model said it: what it named is the likeliest, and what careful readers take it for by turns is next. */
function saidPart(part: NeedPartName, value: SaidNeed[NeedPartName]): NeedPart {
  const at = (NEED_VALUES[part] as readonly unknown[]).indexOf(value);
  const counts = (AGREEMENT[part][at] ?? []).map((count) => count + 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return { ratios: counts.map((count) => count / total), source: 'model' };
}

/** A need with what a model said of it in place of what was read here; what somebody declared stays. Pure. */
export function withSaid(read: StepNeed, answer: SaidNeed): StepNeed {
  const parts = NEED_PARTS.map((part) => [
    part,
    read[part].source === 'declared' ? read[part] : saidPart(part, answer[part]),
  ]);
  return { ...read, ...(Object.fromEntries(parts) as Pick<StepNeed, NeedPartName>) };
}
