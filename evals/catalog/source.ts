/** The shape of the shared snapshot, as far as it is read. */
export interface SourceModel {
  readonly provider: string;
  readonly id: string;
  readonly sources: readonly { readonly kind: string; readonly src: string }[];
  readonly usd_per_mtok: {
    readonly input: number | null;
    readonly output: number | null;
    readonly cache_read: number | null;
    readonly cache_write_5m: number | null;
    readonly cache_write_1h: number | null;
    readonly tiers?: SourceTiers;
  };
  readonly open_weights: boolean | null;
  readonly context: number;
  readonly max_output: number;
  readonly tool_calling: boolean | null;
  readonly structured_output: boolean | null;
  readonly modalities: { readonly input: readonly string[] };
  readonly reasoning_options: readonly { readonly type: string; readonly values?: readonly string[] }[] | null;
  readonly release_date: string | null;
  readonly min_cacheable_tokens: number | null;
  readonly aa_intelligence_index: number | null;
  readonly tps: number | null;
  readonly time_based_price?: {
    readonly offPeakMultiplier: number;
    readonly peakWindows: readonly {
      readonly weekdays: readonly number[];
      readonly startMinute: number;
      readonly endMinute: number;
    }[];
  };
}

/** Two shapes of tiers, and none at all. `start`: prompts of more tokens pay `price`. `upToTokens`: prompts up to it, USD per token as text. */
type SourceTiers =
  | Readonly<Record<'input' | 'output' | 'cache_read' | 'cache_write', readonly SourceStart[] | undefined>>
  | readonly SourceUpTo[];

interface SourceStart {
  readonly start: number;
  readonly price: number;
}

export interface SourceUpTo {
  readonly upToTokens: number | null;
  readonly inputPrice: string;
  readonly outputPrice: string;
  readonly cachedInputPrice?: string;
  readonly cacheWriteInputPrice?: string;
}

export interface SourceCapability {
  readonly provider: string;
  readonly id: string;
  readonly aa_intelligence_index: number | null;
  readonly tps: number | null;
  readonly benchmarks: readonly {
    readonly name: string;
    readonly score: number;
    readonly harness?: string;
    readonly variant?: string;
    readonly dataset?: string;
    readonly version?: string;
    readonly date?: string;
    readonly source: string;
  }[];
  readonly livebench_2026_01_08?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly lmarena_elo_2025_12?: unknown;
  readonly profile_raw: {
    readonly code: Readonly<Record<string, SourceScore>>;
    readonly refactor: SourceScore;
    readonly test: SourceScore;
    readonly review_or_codebase_qna: SourceScore;
    readonly terminal_agentic: SourceScore;
    readonly plan_reasoning: SourceScore;
    readonly math: SourceScore;
    readonly data_analysis: SourceScore;
    readonly summarize_if: SourceScore;
    readonly summarize_task: SourceScore;
    readonly language: SourceScore;
  };
}

/** A score of the one publisher, or scores by publisher (and data set after `#`). */
export type SourceScore = number | Readonly<Record<string, number>> | null;

export interface SourceEndpoint {
  readonly id: string;
  readonly gateway_catalogue?: {
    readonly headquarters?: string;
    readonly dataPolicy?: {
      readonly apiTraining?: boolean | null;
      readonly retentionPeriod?: string | null;
      readonly soc2?: number | null;
      readonly iso27001?: boolean | null;
      readonly gdpr?: boolean | null;
    };
  };
  readonly training_on_api_data?: boolean | string;
  readonly zdr?: boolean | string;
}
