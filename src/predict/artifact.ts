import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { canonicalJson } from '../domain/json.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import type { Ms, Ratio, Tokens } from '../domain/time.ts';
import type { LinearHead } from './linear-head.ts';

/** Version of the artifact's form. A file of another version is refused: its numbers would mean something else. */
const ARTIFACT_VERSION = 1;

/** What `pointsman train` makes: figures and weights, no text of anybody's. */
export interface PredictorArtifact {
  readonly format: 'pointsman-predictor';
  readonly v: 1;
  readonly name: string;
  readonly asOf: string;
  readonly seed: number;
  readonly sources: readonly { readonly name: string; readonly licence: string; readonly rowCount: number }[];
  /** Kind → model key (see `abilityKey`) → ability on the logit scale of P(success). */
  readonly abilities: PerKind<Readonly<Record<string, LearnedAbility>>>;
  /** Heads by the embedder whose vectors they read; the one of `HASHED_VERSION` is the fallback. */
  readonly heads: Readonly<Record<string, HeadsOfEmbedder>>;
  /** P(the session fails) from its evidence: logistic weights in the order of `EVIDENCE_FEATURES`. */
  readonly struggle?: { readonly weights: readonly number[]; readonly intercept: number } | undefined;
  /** What text says about success, by group of rows; `open` only where it helped beyond noise. */
  readonly gates: Readonly<Record<string, { readonly open: boolean; readonly why: string }>>;
  /** What words say about success, by the group of rows whose gate lets them; `head` reads the vectors of `HASHED_VERSION`. */
  readonly texts?: Readonly<Record<string, TextEffect>> | undefined;
  readonly forecast?: ForecastTables | undefined;
  readonly figures: Readonly<Record<string, number>>;
  readonly sha256: string;
}

export interface LearnedAbility {
  readonly mean: number;
  readonly width: number;
  readonly taskCount: number;
}

/** Logits of success for each model (the head's classes, by `abilityKey`) beside what the model does on all texts of the group. */
export interface TextEffect {
  /** The kinds of the group's rows. Empty: any. */
  readonly kinds: readonly StepKind[];
  readonly head: LinearHead;
}

export interface HeadsOfEmbedder {
  readonly kind?: LinearHead | undefined;
}

/** What usually follows a kind of step, and how big steps are, learned from sessions. */
export interface ForecastTables {
  readonly transitions: PerKind<PerKind<Ratio>>;
  /** Chance that nothing comes after a step of the kind. */
  readonly endRatio: PerKind<Ratio>;
  /** Median pause before the step after it, and between its calls. */
  readonly gapMs: PerKind<Ms>;
  readonly callGapMs: PerKind<Ms>;
  readonly callCount: PerKind<number>;
  readonly outputTokensPerCall: PerKind<Tokens>;
  readonly newTokensPerCall: PerKind<Tokens>;
  /** How much to expect more of the same rather than the chain. Absent in older files. */
  readonly sameRatio?: Ratio | undefined;
  readonly sessionCount: number;
}

type PerKind<Value> = Readonly<Partial<Record<StepKind, Value>>>;

const ratio = z.number().min(0).max(1);
const headSchema = z.strictObject({
  classes: z.array(z.string()).min(2),
  columnCount: z.int().positive(),
  weights: z.string(),
  intercepts: z.array(z.number()),
  sharpness: z.number().positive(),
});
const textSchema = z.strictObject({ kinds: z.array(z.enum(STEP_KINDS)), head: headSchema });
const abilitySchema = z.strictObject({
  mean: z.number(),
  width: z.number().positive(),
  taskCount: z.number().nonnegative(),
});
const artifactSchema: z.ZodType<PredictorArtifact> = z.strictObject({
  format: z.literal('pointsman-predictor'),
  v: z.literal(1),
  name: z.string(),
  asOf: z.string(),
  seed: z.int(),
  sources: z.array(z.strictObject({ name: z.string(), licence: z.string(), rowCount: z.int().nonnegative() })),
  abilities: z.partialRecord(z.enum(STEP_KINDS), z.record(z.string(), abilitySchema)),
  heads: z.record(z.string(), z.looseObject({ kind: headSchema.optional() })),
  struggle: z.strictObject({ weights: z.array(z.number()), intercept: z.number() }).optional(),
  gates: z.record(z.string(), z.strictObject({ open: z.boolean(), why: z.string() })),
  texts: z.record(z.string(), textSchema).optional(),
  forecast: z
    .strictObject({
      transitions: z.partialRecord(z.enum(STEP_KINDS), z.partialRecord(z.enum(STEP_KINDS), ratio)),
      endRatio: z.partialRecord(z.enum(STEP_KINDS), ratio),
      gapMs: z.partialRecord(z.enum(STEP_KINDS), z.number().nonnegative()),
      callGapMs: z.partialRecord(z.enum(STEP_KINDS), z.number().nonnegative()),
      callCount: z.partialRecord(z.enum(STEP_KINDS), z.number().positive()),
      outputTokensPerCall: z.partialRecord(z.enum(STEP_KINDS), z.number().positive()),
      newTokensPerCall: z.partialRecord(z.enum(STEP_KINDS), z.number().nonnegative()),
      sameRatio: ratio.optional(),
      sessionCount: z.int().nonnegative(),
    })
    .optional(),
  figures: z.record(z.string(), z.number()),
  sha256: z.string(),
});

/** Models of a name are the same model wherever they are served: `openai-eu/GPT-5.5` and `gpt-5-5` share a key. */
export function abilityKey(modelName: string): string {
  return modelName
    .slice(modelName.lastIndexOf('/') + 1)
    .toLowerCase()
    .replaceAll('.', '-')
    .replace(/-preview$/u, '');
}

/** Which figures and weights they are: another training of the same name has another version. */
export function artifactVersion({ name, sha256 }: Pick<PredictorArtifact, 'name' | 'sha256'>): string {
  return `${name}@${sha256.slice(0, 12)}`;
}

/** The file's text, checksum included. The same artifact gives the same bytes. */
export function writeArtifact(artifact: Omit<PredictorArtifact, 'sha256'>): string {
  return `${canonicalJson({ ...artifact, sha256: checksumOf(artifact) })}\n`;
}

/** @throws PointsmanError `artifact-invalid`, saying whether to train again, to update or to get the file again. */
export function parseArtifact(text: string, file = 'artifact'): PredictorArtifact {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw invalid(file, 'it is not JSON', 'Get the file again, or make it with pointsman train.', thrown);
  }
  return checkArtifact(json, file);
}

/** The same for JSON that is already parsed. @throws PointsmanError `artifact-invalid` */
export function checkArtifact(json: unknown, file: string): PredictorArtifact {
  const version = z.object({ format: z.literal('pointsman-predictor'), v: z.number() }).safeParse(json);
  if (!version.success) throw invalid(file, 'it is not a predictor', 'Give a file made by pointsman train.');
  if (version.data.v < ARTIFACT_VERSION)
    throw invalid(file, `it has the older form ${version.data.v}`, 'Train it again: pointsman train.');
  if (version.data.v > ARTIFACT_VERSION)
    throw invalid(file, `it has the newer form ${version.data.v}`, 'Update pointsman.');
  const parsed = artifactSchema.safeParse(json);
  if (!parsed.success) throw invalid(file, z.prettifyError(parsed.error), 'Get the file again, or train it again.');
  const { sha256, ...rest } = parsed.data;
  if (sha256 !== checksumOf(rest))
    throw invalid(file, 'its checksum is wrong', 'Get the file again; it was changed or cut.');
  return parsed.data;
}

/** @throws PointsmanError `artifact-invalid` */
export function loadArtifact(file: string): PredictorArtifact {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw invalid(file, 'it cannot be read', 'Check the path.', thrown);
  }
  return parseArtifact(text, file);
}

function checksumOf(artifact: Omit<PredictorArtifact, 'sha256'>): string {
  return createHash('sha256').update(canonicalJson(artifact)).digest('hex');
}

function invalid(file: string, why: string, hint: string, cause?: unknown): PointsmanError {
  return new PointsmanError('artifact-invalid', `Predictor ${file}: ${why}`, { hint, cause });
}
