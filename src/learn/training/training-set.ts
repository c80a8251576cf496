import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import type { StepKind } from '../../domain/step.ts';
import type { Message } from '../../domain/transcript.ts';
import { stepEvidence } from '../../predict/features/step-evidence.ts';
import type { StepEvidence } from '../../predict/features/step-features.ts';
import { nonEmptyLines, parseOutcomeRows, readRowsText, type OutcomeRow } from './outcome-row.ts';

/** Everything one training run learns from. Texts stay in memory; only figures and weights leave it. */
export interface TrainingSet {
  readonly outcomes: readonly OutcomeRow[];
  readonly kindTexts: readonly LabelledText<StepKind>[];
  readonly endings: readonly SessionEnding[];
  readonly sources: readonly { readonly name: string; readonly licence: string; readonly rowCount: number }[];
}

export interface LabelledText<Label extends string> {
  readonly text: string;
  readonly label: Label;
}

/** What a session looked like at its end, and whether it had failed. `group` is the task, for splits. */
export interface SessionEnding {
  readonly group: string;
  readonly evidence: StepEvidence;
  readonly failed: boolean;
}

export const EMPTY_TRAINING_SET: TrainingSet = { outcomes: [], kindTexts: [], endings: [], sources: [] };

/** Categories of labelled prompts → kind of step. A category that is absent is no kind of agent work: `other`. */
const CATEGORY_KINDS: Readonly<Record<string, StepKind>> = {
  'system-design': 'plan',
  architecture: 'plan',
  infrastructure: 'plan',
  migration: 'plan',
  'ml-pipeline': 'plan',
  brainstorming: 'plan',
  'simple-code': 'code',
  'complex-code': 'code',
  debugging: 'code',
  performance: 'code',
  'data-analysis': 'code',
  'edge-short': 'code',
  'code-review': 'review',
  'security-analysis': 'review',
  testing: 'test',
  summary: 'summarize',
  explanation: 'explore',
  extraction: 'explore',
  'code-snippet-qa': 'explore',
  'agentic-task': 'code',
};

const promptSchema = z.object({ prompt: z.string(), category: z.string().optional(), kind: z.string().optional() });
const sessionSchema = z.object({
  id: z.string(),
  task_id: z.union([z.string(), z.number()]).nullish(),
  reward: z.number(),
  turns: z.array(
    z.object({
      role: z.string(),
      content: z.string().nullish(),
      tool_calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.unknown() })).nullish(),
      tool_call_id: z.string().nullish(),
    }),
  ),
});

/**
 * Reads one file of training data, whatever of the known shapes it has: outcome rows, prompts with a category or kind, or
 * sessions with a reward. Rows of no known shape are counted, not guessed at.
 * @throws PointsmanError `request-invalid` when no row of the file is of use.
 */
export function readTrainingFile(file: string, licence = 'not stated'): TrainingSet {
  const text = readRowsText(file);
  const name = file.slice(file.lastIndexOf('/') + 1);
  const set = rowsOf(text, file);
  const rowCount = set.outcomes.length + set.kindTexts.length + set.endings.length;
  if (rowCount === 0) {
    throw new PointsmanError('request-invalid', `${file}: no row that can be learned from`, {
      hint: 'Give outcome rows, prompts with a category or kind, sessions with a reward, or pointsman records.',
    });
  }
  return { ...set, sources: [{ name, licence, rowCount }] };
}

export function mergeTrainingSets(sets: readonly TrainingSet[]): TrainingSet {
  return {
    outcomes: sets.flatMap((set) => set.outcomes),
    kindTexts: sets.flatMap((set) => set.kindTexts),
    endings: sets.flatMap((set) => set.endings),
    sources: sets.flatMap((set) => set.sources),
  };
}

function rowsOf(text: string, file: string): TrainingSet {
  if (/"outcomes"\s*:/u.test(text.slice(0, text.indexOf('\n') + 1 || text.length))) {
    return { ...EMPTY_TRAINING_SET, outcomes: parseOutcomeRows(text, file) };
  }
  const kindTexts: LabelledText<StepKind>[] = [];
  const endings: SessionEnding[] = [];
  for (const [line, number] of nonEmptyLines(text)) {
    const json = parseLine(line, `${file}:${number}`);
    const session = sessionSchema.safeParse(json);
    const prompt = promptSchema.safeParse(json);
    if (session.success) endings.push(endingOf(session.data));
    else if (prompt.success && prompt.data.category !== undefined) {
      kindTexts.push({ text: prompt.data.prompt, label: CATEGORY_KINDS[prompt.data.category] ?? 'other' });
    }
  }
  return { ...EMPTY_TRAINING_SET, kindTexts, endings };
}

function endingOf(session: z.infer<typeof sessionSchema>): SessionEnding {
  const messages = session.turns.flatMap((turn): readonly Message[] => {
    const content = turn.content ?? '';
    if (turn.role === 'user') return [{ role: 'user', content: [{ type: 'text', text: content }] }];
    if (turn.role === 'assistant') {
      const calls = (turn.tool_calls ?? []).map((call) => ({
        type: 'tool-call' as const,
        toolCallId: call.id,
        toolName: call.name,
        input: { arguments: JSON.stringify(call.arguments) },
      }));
      return [{ role: 'assistant', content: [{ type: 'text', text: content }, ...calls] }];
    }
    if (turn.role !== 'tool' && turn.role !== 'toolResult') return [];
    const isError = /^error/iu.test(content);
    const part = { type: 'tool-result' as const, toolCallId: turn.tool_call_id ?? '', toolName: '', isError };
    return [{ role: 'user', content: [{ ...part, content: [{ type: 'text', text: content }] }] }];
  });
  return { group: String(session.task_id ?? session.id), evidence: stepEvidence(messages), failed: session.reward < 1 };
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new PointsmanError('request-invalid', `${where}: not JSON`, {
      hint: 'Training files hold one JSON object a line.',
    });
  }
}
