import type { EndpointId, ModelId } from './ids.ts';
import type { UsdPerMTok } from './money.ts';
import type { Effort, StepKind } from './step.ts';
import type { Ms, Ratio, Tokens } from './time.ts';

/** The protocols that callers speak. */
export const CALLER_WIRES = [
  'anthropic-messages',
  'openai-chat',
  'openai-responses',
  'gemini-generate-content',
] as const;
export type CallerWire = (typeof CALLER_WIRES)[number];

/** The protocol an endpoint speaks; Converse is a cloud's own, in which nobody calls this gateway. */
export type Wire = CallerWire | 'bedrock-converse';
export const WIRES: readonly [...typeof CALLER_WIRES, 'bedrock-converse'] = [...CALLER_WIRES, 'bedrock-converse'];

/** What four buckets cost, in USD per million tokens. Never derive one price from another. */
export interface PriceRow {
  readonly input: UsdPerMTok;
  readonly output: UsdPerMTok;
  /** `undefined`: the vendor has no cached price; reads are billed as input. */
  readonly cacheRead: UsdPerMTok | undefined;
  /** Default write class. `undefined`: writes are billed as input. */
  readonly cacheWrite: UsdPerMTok | undefined;
  /** One-hour write class. `undefined`: not offered. */
  readonly cacheWrite1h: UsdPerMTok | undefined;
}

export interface Prices {
  readonly base: PriceRow;
  /** Long-context tiers, ascending: the last whose `aboveTokens` is less than the whole prompt replaces `base`. */
  readonly tiers: readonly { readonly aboveTokens: Tokens; readonly row: PriceRow }[];
  /** Dearer hours, UTC, half-open `[from, to)`; all prices are multiplied by `factor`. */
  readonly peak:
    | {
        readonly factor: number;
        readonly utcHours: readonly (readonly [number, number])[];
        readonly weekdaysOnly: boolean;
      }
    | undefined;
}

/** How an endpoint's prompt cache behaves for one model. Facts are dated; what is unknown is learned from usage. */
export type CacheRule =
  | { readonly kind: 'none' }
  | {
      /** `explicit`: only marked prefixes are kept; `automatic`: the vendor decides. */
      readonly kind: 'explicit' | 'automatic';
      /** Shorter prompts are never cached. */
      readonly minTokens: Tokens;
      /** Cached lengths are multiples of this. */
      readonly granularityTokens: Tokens;
      /** Time to live of the default class since last use. */
      readonly ttlMs: Ms;
      /** True where the vendor states that a read begins the time to live anew. Absent: nobody says so. */
      readonly renewsOnRead?: boolean;
      /** The longer write class, where there is one. */
      readonly longTtlMs: Ms | undefined;
      /** Markers that one request may carry; 0 where the vendor places them itself. */
      readonly maxMarkers: number;
      /** How many content blocks behind a marker an older entry is still found; `undefined`: any. */
      readonly lookBackBlocks: number | undefined;
      /** True where only an exact earlier breakpoint matches, not any shorter prefix (OpenAI 5.6 and later). */
      readonly exactBreakpoint: boolean;
      /** P(hit) inside the TTL before anything was observed. */
      readonly priorHitRatio: Ratio;
      readonly source: string;
      readonly asOf: string;
    };

export const MODALITIES = ['text', 'image', 'audio', 'video', 'pdf'] as const;
export type Modality = (typeof MODALITIES)[number];

/** Attributes of an endpoint that a policy may demand. A key that is absent is unknown, and unknown is not permitted. */
export interface Compliance {
  readonly trainsOnData?: boolean;
  readonly retentionDays?: number;
  readonly zeroDataRetention?: boolean;
  readonly baaAvailable?: boolean;
  readonly soc2?: boolean;
  readonly iso27001?: boolean;
  readonly gdprDpa?: boolean;
  /** Regions where inference can be pinned, such as `eu`, `us`; `local` for one's own machine. */
  readonly inferenceRegions?: readonly string[];
  readonly storageRegions?: readonly string[];
  readonly headquarters?: string;
  readonly sources?: readonly string[];
  readonly asOf?: string;
}

/**
 * What a vendor refuses in requests to one model, beside the rules of its wire format. Absent fields: nothing is refused, as
 * far as anybody here knows. Plain JSON, and only what differs, so that records stay small.
 */
export interface RequestLimits {
  /** Temperature, top-p and top-k are refused. */
  readonly sampling?: 'refused';
  /** Thinking cannot be turned off at all, or not beside an effort above high. */
  readonly thinkingOff?: 'refused' | 'refused-above-high';
  /** A transcript whose last turn is the assistant's, for the model to go on from. */
  readonly prefill?: 'refused';
  /** A tool choice that forces a tool is refused. */
  readonly forcedTool?: 'refused';
  /** Tool calls in the transcript without their maker's signature. */
  readonly unsignedCalls?: 'refused';
  /** Images and documents inside a tool's result: they go beside it. */
  readonly mediaInResults?: 'refused';
  /** A form of the answer, such as a schema, beside tools. */
  readonly schemaBesideTools?: 'refused';
  /** A system prompt: what it says goes into the first turn. */
  readonly system?: 'refused';
  /** Tools in a call that streams: such a call is answered whole. */
  readonly streamedTools?: 'refused';
  /** Efforts: thinking is asked for as a number of tokens in this range. */
  readonly thinkingBudget?: { readonly minTokens: Tokens; readonly maxTokens: Tokens };
  /** The least answer that may be asked for. */
  readonly minOutputTokens?: Tokens;
  /** Texts that may end an answer: more are refused, where the wire format itself would take them. */
  readonly maxStopCount?: number;
}

/** An ability at steps of one kind, on the logit scale (0: a mid-2026 mid-field model), with one standard deviation of belief. */
export interface RowAbility {
  readonly mean: number;
  readonly width: number;
  /** How many graded tasks it rests on. Absent: not said. */
  readonly taskCount?: number | undefined;
}

export type RowAbilities = Readonly<Partial<Record<StepKind, RowAbility>>>;

/** One catalogue row: a model at one endpoint, everything the router needs to price and admit it. Plain JSON. */
export interface Model {
  readonly id: ModelId;
  /** The model that this row serves at another host, or under another key. Absent: the row is its own model. */
  readonly sameAs?: ModelId;
  readonly endpoint: EndpointId;
  readonly wire: Wire;
  /** The name sent on the wire. */
  readonly wireModel: string;
  readonly vendor: string;
  /** Vendor line, such as `claude`, `gpt`, `gemini`: what "the same family" means. */
  readonly family: string;
  /** Pays the frontier penalty. */
  readonly frontier: boolean;
  readonly openWeights: boolean | undefined;
  readonly prices: Prices;
  readonly cacheRule: CacheRule;
  readonly contextTokens: Tokens;
  readonly maxOutputTokens: Tokens;
  readonly toolCalling: boolean;
  readonly structuredOutput: boolean;
  readonly inputModalities: readonly Modality[];
  readonly efforts: readonly Effort[];
  /** Its calls go to its vendor's tier for those that can wait. Absent: to the standard one. */
  readonly serviceTier?: 'flex';
  /** At which effort it works where nobody asks for one. Absent: its vendor does not say. */
  readonly usualEffort?: Effort;
  /** Its vendor takes another effort in mid-conversation and keeps the prefix warm. Absent: another effort is another cache. */
  readonly effortPerMessage?: true;
  /** Tokens this model counts for text that the reference tokenizer (o200k) counts as one. */
  readonly tokenRatio: number;
  /** Output this model writes for the same step, relative to the pool's median. */
  readonly outputRatio: number;
  /** Calls this model takes for the same step, relative to the frontier. */
  readonly callsRatio: number;
  readonly ttftMs: Ms | undefined;
  readonly outputTokensPerSecond: number | undefined;
  readonly compliance: Compliance;
  readonly requestLimits?: RequestLimits;
  /** General ability index of the source, higher is better; a prior only. */
  readonly abilityIndex: number | undefined;
  /** Found by an evaluation, for the kinds that it tried. Absent: nobody has evaluated it. */
  readonly abilities?: RowAbilities;
  readonly source: string;
  readonly asOf: string;
}

type HostedRow = Pick<Model, 'id' | 'sameAs'>;

/** The model that a row serves, at whichever host: its own id, unless the row says that it is another one's model. */
export function modelIdentity({ id, sameAs }: HostedRow): ModelId {
  return sameAs ?? id;
}

/** Whether two rows are one model, at one host or at two. */
export function isSameModel(one: HostedRow, other: HostedRow): boolean {
  return modelIdentity(one) === modelIdentity(other);
}

/** Whether a list of ids names a row: its own id, or that of its model, which means every host. */
export function isNamedIn(ids: readonly string[], { id, sameAs }: HostedRow): boolean {
  return ids.includes(id) || (sameAs !== undefined && ids.includes(sameAs));
}

/** The row of a pool that has this id. */
export function rowOf(models: readonly Model[], id: string | undefined): Model | undefined {
  return id === undefined ? undefined : models.find((model) => model.id === id);
}

const known = new WeakMap<readonly Model[], readonly Model[]>();

/**
 * Each model of a pool once, under its own id: what a model can do, and how likely it is to succeed, does not hang on its host.
 * The pool itself where no model has two hosts; the same list for the same pool.
 */
export function eachModelOnce(models: readonly Model[]): readonly Model[] {
  if (models.every((model) => model.sameAs === undefined)) return models;
  const kept = known.get(models);
  if (kept !== undefined) return kept;
  const once = new Map<ModelId, Model>();
  for (const model of models) {
    const id = modelIdentity(model);
    if (model.sameAs === undefined || !once.has(id)) once.set(id, model.id === id ? model : { ...model, id });
  }
  const list = [...once.values()];
  known.set(models, list);
  return list;
}

/** Rows that hold for a model, again for each of its hosts in a pool. */
export function forEachHost<Of extends { readonly model: ModelId }>(
  rows: readonly Of[],
  models: readonly Model[],
): readonly Of[] {
  if (models.every((model) => model.sameAs === undefined)) return rows;
  const byModel = new Map(rows.map((row) => [row.model, row]));
  return models.flatMap((model) => {
    const row = byModel.get(model.id) ?? byModel.get(modelIdentity(model));
    if (row === undefined) return [];
    return row.model === model.id ? [row] : [{ ...row, model: model.id }];
  });
}
