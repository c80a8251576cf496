import { existsSync } from 'node:fs';
import path from 'node:path';
import type { SuiteResult } from '../suite.ts';

/** A file of the data folder, or the answer of a suite that cannot run without it. */
export type DataFile =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'absent'; readonly answer: Extract<SuiteResult, { kind: 'skipped' }> };

/** Finds `name`, a path inside the data folder. */
export function dataFile(dataDir: string | undefined, name: string): DataFile {
  if (dataDir === undefined) return absent('no data');
  const file = path.join(dataDir, name);
  return existsSync(file) ? { kind: 'found', path: file } : absent(`the data folder has no ${name}`);
}

function absent(why: string): DataFile {
  const hint = 'Point to a folder with the data sets: --data DIR, or POINTSMAN_DATA.';
  return { kind: 'absent', answer: { kind: 'skipped', why, hint } };
}
