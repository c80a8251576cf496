import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { realPath } from '../../trust/real-path.ts';
import { confineReading, isInside, type ReadRoot } from '../confine-path.ts';

/**
 * The file that a bare program name means. Folders of the PATH that are relative or lie inside the workspace are passed
 * over, so that a file of the workspace never passes for a program of the list. `node` is the Node that runs pointsman.
 * @throws PointsmanError `tool-unavailable` where it is not installed
 */
export function findProgram(root: string, program: string, searchPath: string): string {
  if (program === 'node') return process.execPath;
  for (const folder of foldersOutside(root, searchPath)) {
    const file = path.join(folder, program);
    if (isProgram(file)) return file;
  }
  throw new PointsmanError('tool-unavailable', `The program "${program}" is not installed`, {
    hint: `Install ${program}, or use another command.`,
  });
}

/** Of a search path what no folder of the workspace can stand for. */
export function foldersOutside(root: string, searchPath: string): readonly string[] {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder) && !isInside(root, realPath(folder)));
}

/** Not a bare name. */
export function isPath(program: string): boolean {
  return program.includes('/') || program.includes(path.sep);
}

/**
 * A program of the workspace's own, started as it is named: a link to an interpreter says by its place whose it is.
 * `undefined`: it is none.
 * @throws PointsmanError `tool-denied` for one that lies outside
 */
export function programInside(within: ReadRoot, cwd: string, program: string): string | undefined {
  const file = path.resolve(cwd, program);
  const named = path.join(confineReading(within, path.dirname(file)), path.basename(file));
  return isProgram(named) ? named : undefined;
}

export function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** A file that may be started. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
