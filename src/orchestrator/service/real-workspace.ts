import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';

/** @throws PointsmanError `not-found` for what is no folder */
export async function realWorkspace(folder: string): Promise<string> {
  const real = await realpath(path.resolve(folder)).catch(() => undefined);
  if (real !== undefined && (await stat(real)).isDirectory()) return real;
  throw new PointsmanError('not-found', `The workspace ${folder} is not a folder.`, {
    hint: 'Name an existing folder with --workspace.',
  });
}
