import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import type { Compliance } from '../domain/model.ts';
import data from './data/compliance.json' with { type: 'json' };

const schema = z.strictObject({
  trainsOnData: z.boolean().optional(),
  retentionDays: z.number().int().min(0).max(36_500).optional(),
  zeroDataRetention: z.boolean().optional(),
  baaAvailable: z.boolean().optional(),
  soc2: z.boolean().optional(),
  iso27001: z.boolean().optional(),
  gdprDpa: z.boolean().optional(),
  inferenceRegions: z.array(z.string().min(1).max(40)).min(1).optional(),
  storageRegions: z.array(z.string().min(1).max(40)).min(1).optional(),
  headquarters: z.string().min(1).max(40).optional(),
  sources: z.array(z.string().min(1).max(300)).optional(),
  asOf: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/u)
    .optional(),
});

/** Attributes of an endpoint, as the catalogue file and a user's configuration write them. */
export const complianceSchema: z.ZodType<Compliance> = schema as unknown as z.ZodType<Compliance>;

const fileSchema = z.object({ endpoints: z.array(schema.extend({ endpoint: z.string() })) });

/**
 * Attributes of the user's own machine, where nothing leaves it. For servers that answer on the machine they run on.
 */
export const LOCAL_COMPLIANCE: Compliance = {
  trainsOnData: false,
  retentionDays: 0,
  zeroDataRetention: true,
  inferenceRegions: ['local'],
  storageRegions: ['local'],
  headquarters: 'local',
  sources: ['served on this machine'],
};

let known: ReadonlyMap<string, Compliance> | undefined;

/**
 * What the shipped catalogue knows about an endpoint; planning facts with source and date, not legal advice. An endpoint
 * it does not know has no attributes, and unknown is not permitted.
 */
export function complianceOf(endpoint: string): Compliance {
  known ??= parseCompliance(data);
  return known.get(endpoint) ?? {};
}

/** @throws PointsmanError `catalog-invalid` */
export function parseCompliance(file: unknown): ReadonlyMap<string, Compliance> {
  const parsed = fileSchema.safeParse(file);
  if (!parsed.success) {
    throw new PointsmanError('catalog-invalid', `Compliance rows: ${z.prettifyError(parsed.error)}`);
  }
  return new Map(parsed.data.endpoints.map(({ endpoint, ...attributes }) => [endpoint, attributes as Compliance]));
}
