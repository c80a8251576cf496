import type { DecideInput } from '../../domain/decision.ts';
import type { ForecastStep, PromptHead } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import type { StepMode } from '../../domain/step.ts';
import { cacheableHeadTokens } from '../prompt-head.ts';

/**
 * Heads of prompts (tools and system) as flat tables. A head outlives the context that it came with: a fresh context
 * reads what an earlier one left on the same model, and so does the shared transcript where its own prefix is gone.
 * Index `k` is a head, `m` a model, `j` a forecast step.
 */
export interface HeadTables {
  /** Empty where no head can ever be read apart from its transcript: then none is tracked. */
  readonly heads: readonly PromptHead[];
  readonly headCount: number;
  /** Head of the shared transcript, and of a fresh context of the present step; −1 where unknown. */
  readonly sharedHead: number;
  readonly currentHead: number;
  /** [j] head of a fresh context; −1 or absent where unknown. */
  readonly freshHead: Int32Array;
  /** [k·M + m] in the model's tokens, 0 under the vendor's minimum. */
  readonly headTokens: Float64Array;
  /** [(j·K + k)·M + m] share of a head that step j is expected to read of what the ledger holds. */
  readonly ledgerHeadHit: Float64Array;
  /** [(j·K + k)·M + m] the most that a warm head can save at steps j… before its model has read it again. */
  readonly headWorth: Float64Array;
}

const EMPTY = new Float64Array(0);
const NO_HEADS: HeadTables = {
  heads: [],
  headCount: 0,
  sharedHead: -1,
  currentHead: -1,
  freshHead: new Int32Array(0),
  headTokens: EMPTY,
  ledgerHeadHit: EMPTY,
  headWorth: EMPTY,
};

/** The tables with room for what needs prices and times. */
export function headTablesOf(input: DecideInput, models: readonly Model[], steps: readonly ForecastStep[]): HeadTables {
  const { session, step: present } = input;
  const isAny = session.head ?? present.freshHead ?? steps.find((step) => step.freshHead !== undefined);
  if (isAny === undefined) return NO_HEADS;
  const heads: PromptHead[] = [];
  const indexOf = (head: PromptHead | undefined): number => {
    if (head === undefined) return -1;
    const known = heads.findIndex((one) => one.key === head.key);
    return known === -1 ? heads.push(head) - 1 : known;
  };
  const sharedHead = indexOf(session.head);
  const currentHead = isFresh(present.modes) ? indexOf(present.freshHead) : -1;
  const freshHead = Int32Array.from(steps, (step) => (isFresh(step.modes) ? indexOf(step.freshHead) : -1));
  const headTokens = Float64Array.from(
    heads.flatMap((head) => models.map((model) => cacheableHeadTokens(model, head))),
  );
  const isTracked =
    headTokens.some((tokens) => tokens > 0) &&
    (currentHead >= 0 || freshHead.some((head) => head >= 0) || input.warmth.some((row) => row.heads !== undefined));
  if (!isTracked) return NO_HEADS;
  return {
    heads,
    headCount: heads.length,
    sharedHead,
    currentHead,
    freshHead,
    headTokens,
    ledgerHeadHit: new Float64Array(steps.length * heads.length * models.length),
    headWorth: new Float64Array((steps.length + 1) * heads.length * models.length),
  };
}

function isFresh(modes: readonly StepMode[]): boolean {
  return modes.some((mode) => mode !== 'continue');
}
