import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import data from './data/capabilities.json' with { type: 'json' };

/** What a benchmark asks for. */
const CAPABILITY_DIMENSIONS = [
  'code',
  'refactor',
  'test',
  'review',
  'terminal',
  'plan',
  'math',
  'data',
  'instructions',
  'summarize',
  'language',
] as const;
type CapabilityDimension = (typeof CAPABILITY_DIMENSIONS)[number];

/** One published score. Compares only with scores of the same benchmark, publisher and effort. */
interface BenchmarkScore {
  readonly dimension: CapabilityDimension;
  readonly benchmark: string;
  /** Site that published it, with the data set after `#` where it has several. */
  readonly publisher: string;
  /** `undefined`: the best effort that the publisher lists. */
  readonly effort: string | undefined;
  /** 0 to 100. */
  readonly percent: number;
}

/** Raw figures about what a model can do; a prior for the predict room, which owns their meaning. */
export interface Capabilities {
  readonly abilityIndex: number | undefined;
  readonly scores: readonly BenchmarkScore[];
}

const fileSchema = z.object({
  models: z.array(
    z.strictObject({
      id: z.string(),
      abilityIndex: z.number().optional(),
      scores: z.array(
        z.strictObject({
          dimension: z.enum(CAPABILITY_DIMENSIONS),
          benchmark: z.string(),
          publisher: z.string(),
          effort: z.string().optional(),
          percent: z.number().min(0).max(100),
        }),
      ),
    }),
  ),
});

let known: ReadonlyMap<string, Capabilities> | undefined;

/**
 * Published scores of a model; `undefined` where there are none at all. The same weights behind another endpoint
 * (`openai-eu/gpt-6-sol`) have the scores of the name after the last slash.
 */
export function capabilitiesOf(modelId: string): Capabilities | undefined {
  known ??= parseCapabilities(data);
  return known.get(modelId) ?? known.get(modelId.slice(modelId.lastIndexOf('/') + 1));
}

/** @throws PointsmanError `catalog-invalid` */
export function parseCapabilities(file: unknown): ReadonlyMap<string, Capabilities> {
  const parsed = fileSchema.safeParse(file);
  if (!parsed.success) {
    throw new PointsmanError('catalog-invalid', `Capability rows: ${z.prettifyError(parsed.error)}`);
  }
  return new Map(
    parsed.data.models.map(({ id, abilityIndex, scores }) => [
      id,
      { abilityIndex, scores: scores.map((score) => ({ ...score, effort: score.effort })) },
    ]),
  );
}
