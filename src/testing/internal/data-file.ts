import { existsSync } from 'node:fs';
import path from 'node:path';

const besideProject = path.resolve(import.meta.dirname, '../../../../shared');

/** For tests: a file of the optional data sets, or `undefined` when they are not on this machine. */
export function dataFile(name: string): string | undefined {
  const folder = process.env['POINTSMAN_DATA'] ?? path.join(besideProject, 'data');
  const file = path.join(folder, name);
  return existsSync(file) ? file : undefined;
}
