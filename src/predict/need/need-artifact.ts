import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import { FEATURES_VERSION, GROUP_COUNT } from './need-features.ts';
import { OUTPUT_COUNT, OUTPUT_RANGES } from './need-outputs.ts';
import { packBytes, unpackBytes } from './pack-bytes.ts';

/** What training makes of labelled steps: weights and figures, no text of anybody's. */
export interface NeedArtifact {
  readonly format: 'pointsman-need';
  readonly v: 2;
  readonly name: string;
  readonly asOf: string;
  /** Version of the features that the weights are of. */
  readonly features: string;
  readonly rowCount: number;
  /** Weight of each group of features. */
  readonly groupWeights: readonly number[];
  readonly head: NeedWeights & {
    /** The features that have a row of weights, in the order of `packHashes`. */
    readonly hashes: string;
    readonly intercepts: readonly number[];
  };
  /** Added where the words are English: a sentence encoder's vectors of the words and of what came before, and a one. */
  readonly encoder?: (NeedWeights & { readonly version: string }) | undefined;
  /** Figures on rows that were not fitted on. */
  readonly figures: Readonly<Record<string, number>>;
  readonly sha256: string;
}

interface NeedWeights {
  /** Int8, a row of outputs per feature, packed; an output's weights are in units of its scale. */
  readonly rows: string;
  readonly scales: readonly number[];
  /** What the scores of each part are multiplied by before they become probabilities: fitted on authors left out. */
  readonly sharpness: readonly number[];
}

/** Far beyond any that training makes, and so small that no sum of their products is infinite. */
const MOST = 1e6;
const figure = z.number().min(-MOST).max(MOST);
const numbers = z.array(figure).length(OUTPUT_COUNT);
const weights = {
  rows: z.string(),
  scales: numbers,
  sharpness: z.array(figure.positive()).length(OUTPUT_RANGES.length),
};
const schema: z.ZodType<NeedArtifact> = z.strictObject({
  format: z.literal('pointsman-need'),
  v: z.literal(2),
  name: z.string(),
  asOf: z.string(),
  features: z.string(),
  rowCount: z.int().positive(),
  groupWeights: z.array(figure).length(GROUP_COUNT),
  head: z.strictObject({ ...weights, hashes: z.string(), intercepts: numbers }),
  encoder: z.strictObject({ ...weights, version: z.string() }).optional(),
  figures: z.record(z.string(), z.number()),
  sha256: z.string(),
});

/** Name and contents: two trainings under one name are two versions. */
export function needVersion({ name, sha256 }: NeedArtifact): string {
  return `${name}@${sha256.slice(0, 12)}`;
}

/** The file's text, checksum included. The same artifact gives the same bytes. */
export function writeNeedArtifact(artifact: Omit<NeedArtifact, 'sha256'>): string {
  return `${canonicalJson({ ...artifact, sha256: checksumOf(artifact) })}\n`;
}

/** @throws PointsmanError `artifact-invalid` */
export function checkNeedArtifact(json: unknown, file: string): NeedArtifact {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw invalid(file, z.prettifyError(parsed.error));
  const { sha256, ...rest } = parsed.data;
  if (sha256 !== checksumOf(rest)) throw invalid(file, 'its checksum is wrong');
  if (parsed.data.features !== FEATURES_VERSION) throw invalid(file, `it is of the features ${parsed.data.features}`);
  return parsed.data;
}

/** @throws PointsmanError `artifact-invalid` */
export function loadNeedArtifact(file: string): NeedArtifact {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw invalid(file, 'it cannot be read');
  }
  const artifact = checkNeedArtifact(json, file);
  unpackTables(artifact, file);
  return artifact;
}

/** The weights of an artifact, unpacked. */
interface NeedTables {
  /** The features that have a row, and their rows. */
  readonly hashes: Int32Array;
  readonly rows: Int8Array;
  /** A row for each number of the encoder. */
  readonly columns: Int8Array | undefined;
}

/** A checksum is right wherever it was made anew: weights that are none are refused all the same. @throws PointsmanError `artifact-invalid` */
export function unpackTables({ name, head, encoder }: NeedArtifact, from?: string): NeedTables {
  const file = from ?? name;
  const unpack = (): NeedTables => ({
    hashes: unpackHashes(head.hashes),
    rows: unpackBytes(head.rows),
    columns: encoder === undefined ? undefined : unpackBytes(encoder.rows),
  });
  const tables = unpacked(unpack, file);
  const isWhole =
    tables.rows.length === tables.hashes.length * OUTPUT_COUNT && (tables.columns?.length ?? 0) % OUTPUT_COUNT === 0;
  if (!isWhole) throw invalid(file, 'its weights are not as many as its features');
  return tables;
}

function unpacked(unpack: () => NeedTables, file: string): NeedTables {
  try {
    return unpack();
  } catch {
    throw invalid(file, 'its weights cannot be unpacked');
  }
}

/**
 * Hashes as text: the distance of each from the one before it, their lowest bytes first, then the next ones, as the upper
 * bytes are nearly all zero. @param hashes rising, taken as numbers without a sign
 */
export function packHashes(hashes: Uint32Array): string {
  const { length } = hashes;
  const planes = new Uint8Array(4 * length);
  for (let at = 0; at < length; at += 1) {
    const distance = (hashes[at] ?? 0) - (at === 0 ? 0 : (hashes[at - 1] ?? 0));
    for (let plane = 0; plane < 4; plane += 1) planes[plane * length + at] = distance >>> (8 * plane);
  }
  return packBytes(planes);
}

function unpackHashes(text: string): Int32Array {
  const planes = unpackBytes(text);
  if (planes.length % 4 !== 0) throw new RangeError('A hash has four bytes');
  const length = planes.length / 4;
  let hash = 0;
  return Int32Array.from({ length }, (_, at) => {
    for (let plane = 0; plane < 4; plane += 1) hash += ((planes[plane * length + at] ?? 0) & 255) * 256 ** plane;
    return hash;
  });
}

function checksumOf(artifact: Omit<NeedArtifact, 'sha256'>): string {
  return createHash('sha256').update(canonicalJson(artifact)).digest('hex');
}

function invalid(file: string, why: string): PointsmanError {
  return new PointsmanError('artifact-invalid', `Need reader ${file}: ${why}`, {
    hint: 'Get the file again, or train it again.',
  });
}
