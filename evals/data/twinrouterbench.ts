import path from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import type { AssistantPart, Message, UserPart } from '../../src/domain/transcript.ts';
import { nonEmptyLines, readRowsText } from '../../src/learn/training/outcome-row.ts';
import { tierScores } from '../replay/step-tiers.ts';

/** Tiers of TwinRouterBench, cheapest first, with USD per million tokens in and out (prices of its own pool, 2026-08). */
export const TIERS = ['low', 'mid', 'mid_high', 'high'] as const;
export type Tier = (typeof TIERS)[number];
const PRICES: Readonly<Record<Tier, readonly [input: number, output: number]>> = {
  low: [0.252, 0.378],
  mid: [0.3, 1.2],
  mid_high: [0.5, 3],
  high: [5, 25],
};
/** The rows hold no answers; each step is priced with this many tokens of output. */
const OUTPUT_TOKENS = 300;

/** One labelled step of a real agent: the whole prefix, and the cheapest tier that is said to do. */
export interface LabelledStep {
  readonly id: string;
  readonly trajectory: string;
  readonly group: string;
  readonly benchmark: string;
  readonly tier: Tier;
  readonly messages: readonly Message[];
  readonly prefixTokens: number;
}

interface WireMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly {
    readonly id?: string;
    readonly function?: { readonly name?: string; readonly arguments?: string };
  }[];
}

export function loadLabelledSteps(dataDir: string): readonly LabelledStep[] {
  const text = readRowsText(path.join(dataDir, 'twinrouterbench_steps.jsonl.gz'));
  return nonEmptyLines(text).map(([line]) => {
    const row = JSON.parse(line) as Readonly<Record<string, unknown>> & { readonly messages: readonly WireMessage[] };
    const chars = row.messages.reduce(
      (sum, message) =>
        sum + JSON.stringify(message.content ?? '').length + JSON.stringify(message.tool_calls ?? '').length,
      0,
    );
    return {
      id: String(row['id']),
      trajectory: String(row['instance_id']),
      group: String(row['group']),
      benchmark: String(row['benchmark']),
      tier: row['target_tier'] as Tier,
      messages: row.messages.filter((message) => message.role !== 'system').map(toMessage),
      prefixTokens: chars / 4,
    };
  });
}

/** What a step bills at a tier, by the benchmark's own prices. */
export function stepCostUsd(step: LabelledStep, tier: Tier): number {
  const [input, output] = PRICES[tier];
  return (step.prefixTokens * input + OUTPUT_TOKENS * output) / 1e6;
}

export interface StepScores {
  readonly rowPassPct: number;
  readonly exactPct: number;
  readonly trajectoryPassPct: number;
  /** Failure-aware: a trajectory with one step below its tier saves nothing and has cost what it cost. */
  readonly costSavePct: number;
  readonly combinedPct: number;
}

/** The benchmark's own four figures and their mean, in percent. */
export function scoreTiers(steps: readonly LabelledStep[], tiers: readonly Tier[]): StepScores {
  const scores = tierScores(
    steps.map((step, index) => {
      const given = tiers[index] ?? 'high';
      return {
        trajectory: step.trajectory,
        needed: TIERS.indexOf(step.tier),
        given: TIERS.indexOf(given),
        cost: stepCostUsd(step, given),
        costAtTop: stepCostUsd(step, 'high'),
      };
    }),
  );
  const percent = (ratio: number | undefined): number => 100 * (ratio ?? Number.NaN);
  return {
    rowPassPct: percent(scores?.rowPass),
    exactPct: percent(scores?.exact),
    trajectoryPassPct: percent(scores?.trajectoryPass),
    costSavePct: percent(scores?.costSaveFailureAware),
    combinedPct: percent(scores?.combined),
  };
}

function toMessage(message: WireMessage): Message {
  const text = textOf(message.content);
  if (message.role === 'assistant') {
    const calls = (message.tool_calls ?? []).map((call): AssistantPart => ({
      type: 'tool-call',
      toolCallId: call.id ?? '',
      toolName: call.function?.name ?? '',
      input: parseInput(call.function?.arguments),
    }));
    return { role: 'assistant', content: [{ type: 'text', text }, ...calls] };
  }
  if (message.role !== 'tool') return { role: 'user', content: [{ type: 'text', text }] };
  const part: UserPart = {
    type: 'tool-result',
    toolCallId: message.tool_call_id ?? '',
    toolName: '',
    content: [{ type: 'text', text }],
    isError: false,
  };
  return { role: 'user', content: [part] };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { readonly text?: unknown }) => (typeof part.text === 'string' ? part.text : ''))
    .join('\n');
}

function parseInput(text: string | undefined): JsonObject {
  try {
    return JSON.parse(text ?? '{}') as JsonObject;
  } catch {
    return { arguments: text ?? '' };
  }
}
