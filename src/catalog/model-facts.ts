import type { Modality, Model, RequestLimits, Wire } from '../domain/model.ts';
import type { Effort } from '../domain/step.ts';
import { readModelName } from './model-names.ts';

/** What vendors state of whole lines of models, which public price lists do not carry. */
interface FactRow {
  readonly family: string;
  readonly media: readonly Modality[];
  readonly source: string;
  readonly asOf: string;
}

const FACTS: readonly FactRow[] = [
  {
    family: 'claude',
    media: ['image', 'pdf'],
    source: 'platform.claude.com/docs: PDF support ("all active models support PDF processing"), Vision',
    asOf: '2026-11-29',
  },
  {
    family: 'gpt',
    media: ['image', 'pdf'],
    source: 'platform.openai.com/docs: File inputs (models with vision read PDF)',
    asOf: '2026-11-29',
  },
  {
    family: 'gemini',
    media: ['image', 'pdf', 'audio', 'video'],
    source: 'ai.google.dev/gemini-api/docs: Models (inputs of Gemini 2.5 and 3: text, images, video, audio, PDF)',
    asOf: '2026-11-29',
  },
];

/** Media that models of a family read beside what their row lists. */
export function mediaOfFamily(family: string): readonly Modality[] {
  return FACTS.find((row) => row.family === family)?.media ?? [];
}

/** Limits of the models whose name on the wire matches; the first row that matches holds. */
interface LimitRow {
  readonly wireModel: RegExp;
  readonly limits: RequestLimits;
  /** Efforts that it takes, where price lists name none. */
  readonly efforts?: readonly Effort[];
  readonly source: string;
  readonly asOf: string;
}

const SAMPLING_GONE = 'platform.claude.com/docs: sampling parameters are refused from Opus 4.7, Sonnet 5, Haiku 5.5 on';
/** What a transcript may not end with. */
const NO_PREFILL = { prefill: 'refused' } as const;
const PREFILL_GONE = 'what is new in Claude 4.6: a transcript that ends with the assistant is refused from there on';
const GEMINI_DOCS = 'ai.google.dev/gemini-api/docs:';
/** Before Gemini 3: a form of the answer excludes tools, and results of tools are text. */
const SECOND_GEMINI = { mediaInResults: 'refused', schemaBesideTools: 'refused' } as const;
const LIMITS: readonly LimitRow[] = [
  {
    wireModel: /^claude-(?:opus-5-5|fable-5-1)/u,
    limits: { ...NO_PREFILL, sampling: 'refused', thinkingOff: 'refused', forcedTool: 'refused' },
    source: `${SAMPLING_GONE}; ${PREFILL_GONE}; thinking cannot be disabled, and a forced tool is refused beside it`,
    asOf: '2026-11-29',
  },
  {
    wireModel: /^claude-fable/u,
    limits: { ...NO_PREFILL, sampling: 'refused', thinkingOff: 'refused' },
    source: `${SAMPLING_GONE}; ${PREFILL_GONE}; Fable: thinking cannot be disabled`,
    asOf: '2026-11-29',
  },
  {
    wireModel: /^claude-opus-(?:[5-9]|\d{2})/u,
    limits: { ...NO_PREFILL, sampling: 'refused', thinkingOff: 'refused-above-high' },
    source: `${SAMPLING_GONE}; ${PREFILL_GONE}; Opus 5: disabled thinking goes with effort up to high`,
    asOf: '2026-11-29',
  },
  {
    wireModel: /^claude-(?:opus-4-[7-9]|sonnet-[5-9]|haiku-(?:5-5|[6-9]))/u,
    limits: { ...NO_PREFILL, sampling: 'refused' },
    source: `${SAMPLING_GONE}; ${PREFILL_GONE}`,
    asOf: '2026-11-29',
  },
  {
    wireModel: /^claude-(?:opus|sonnet)-4-6/u,
    limits: NO_PREFILL,
    source: `platform.claude.com/docs: ${PREFILL_GONE}`,
    asOf: '2026-11-29',
  },
  {
    wireModel: /^(?:gpt|o\d|codex)/u,
    limits: { minOutputTokens: 16, maxStopCount: 4 },
    source:
      'platform.openai.com/docs/api-reference: responses, max_output_tokens is at least 16; chat, stop has up to 4 sequences',
    asOf: '2026-11-29',
  },
  {
    wireModel: /^gemini-2\.5-pro/u,
    limits: { ...SECOND_GEMINI, thinkingBudget: { minTokens: 128, maxTokens: 32_768 }, thinkingOff: 'refused' },
    efforts: ['low', 'medium', 'high'],
    source: `${GEMINI_DOCS} Thinking (a budget of 128 to 32768, never off), Structured outputs, Function calling`,
    asOf: '2026-11-29',
  },
  {
    wireModel: /^gemini-2\.5/u,
    limits: { ...SECOND_GEMINI, thinkingBudget: { minTokens: 512, maxTokens: 24_576 } },
    efforts: ['none', 'low', 'medium', 'high'],
    source: `${GEMINI_DOCS} Thinking (a budget up to 24576, 0 turns it off), Structured outputs, Function calling`,
    asOf: '2026-11-29',
  },
  {
    wireModel: /^gemini-(?:[3-9]|\d{2})/u,
    limits: { unsignedCalls: 'refused' },
    source: `${GEMINI_DOCS} Thought signatures (required on the calls of a turn from Gemini 3 on)`,
    asOf: '2026-11-29',
  },
];

/** By what the vendor itself calls the model, wherever it is hosted. */
function rowOf(wireModel: string): LimitRow | undefined {
  const { plain } = readModelName(wireModel);
  return LIMITS.find((row) => row.wireModel.test(plain));
}

/** What is refused in requests to a model, told from its name on the wire; `undefined`: nothing is known to be. */
export function requestLimitsOf(wireModel: string): RequestLimits | undefined {
  return rowOf(wireModel)?.limits;
}

/** The efforts that a model takes, where its row names none. */
export function effortsOf(wireModel: string): readonly Effort[] {
  return rowOf(wireModel)?.efforts ?? [];
}

/** What a vendor states of the effort of a line of models; the first row that matches holds. */
interface EffortRow {
  readonly wireModel: RegExp;
  readonly usualEffort: Effort;
  /** It takes another effort in mid-conversation and keeps the prefix. */
  readonly perMessage: boolean;
  readonly source: string;
  readonly asOf: string;
}

const EFFORT_DOCS = 'platform.claude.com/docs/en/build-with-claude:';
const EFFORTS_OF: readonly EffortRow[] = [
  {
    wireModel: /^claude-opus-5-5/u,
    usualEffort: 'medium',
    perMessage: true,
    source: `${EFFORT_DOCS} effort-per-message (supported models); prompting-claude-opus-5-5 (the default is medium)`,
    asOf: '2026-11-30',
  },
  {
    wireModel: /^claude-(?:(?:fable|mythos)-5-[12]|opus-5|sonnet-5-5|haiku-5-5)(?:$|-\d{8})/u,
    usualEffort: 'high',
    perMessage: true,
    source: `${EFFORT_DOCS} effort-per-message (supported models); effort (the default is high)`,
    asOf: '2026-11-30',
  },
  {
    wireModel: /^claude-(?:fable|mythos|opus-4-[5-8]|sonnet-5|sonnet-4-6)/u,
    usualEffort: 'high',
    perMessage: false,
    source: `${EFFORT_DOCS} effort (the default is high; the top-level value is part of the cached prefix)`,
    asOf: '2026-11-30',
  },
];

/** The address whose documentation that is; its clouds are configured as hosts of the same models. */
const VENDOR = 'anthropic';

/** Wires with a word for an effort in mid-conversation. */
const SAYS_EFFORTS: Readonly<Partial<Record<Wire, true>>> = { 'anthropic-messages': true };

/**
 * The effort at which a model works unasked, and whether its vendor takes another one in mid-conversation: in its own message format alone,
 * at its own address, Bedrock, Google's and Microsoft's clouds (the same page).
 */
export function effortFactsOf({
  endpoint,
  wire,
  wireModel,
  efforts,
}: Pick<Model, 'endpoint' | 'wire' | 'wireModel' | 'efforts'>): Pick<Model, 'usualEffort' | 'effortPerMessage'> {
  const { plain } = readModelName(wireModel);
  const row = EFFORTS_OF.find((one) => one.wireModel.test(plain));
  if (row === undefined || efforts.length === 0) return {};
  const { usualEffort, perMessage } = row;
  const isTaken = perMessage && SAYS_EFFORTS[wire] === true && endpoint === VENDOR;
  return { usualEffort, ...(isTaken ? { effortPerMessage: true } : {}) };
}
