import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import { realPath } from '../trust/real-path.ts';

/** How many links one path may go through, as in the kernel. */
const MAX_LINKS = 40;

/**
 * Where a path really leads, if that is inside `root`. Follows it as the kernel would, one name after the other, so that
 * `link/../x` is judged by where the link leads and not by how it is spelled. The last names need not exist.
 * A link that is made between this check and the use is not seen: what runs here must check again itself, or be trusted.
 * @param root a real path, without links
 * @throws PointsmanError `tool-denied`
 */
export function confinePath(root: string, requested: string): string {
  if (requested.includes('\0')) throw denied(requested, 'it has a zero byte');
  if (/^~(?:$|[\\/])/u.test(requested)) throw denied(requested, 'it begins at the home folder');
  const real = followPath(root, requested);
  if (!isInside(root, real)) throw denied(requested, 'it leads out of the workspace');
  return real;
}

/** Both real paths. */
export function isInside(root: string, real: string): boolean {
  const relative = path.relative(root, real);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

/**
 * Where a path really leads, wherever that is; relative ones are taken from `root`.
 * @throws PointsmanError `tool-denied` for one that goes in circles
 */
export function followPath(root: string, requested: string): string {
  let current = path.isAbsolute(requested) ? path.parse(requested).root : root;
  let pending = namesOf(requested);
  let linkCount = 0;
  while (pending.length > 0) {
    const [name = '', ...rest] = pending;
    pending = rest;
    if (name === '..') {
      current = path.dirname(current);
      continue;
    }
    const next = path.join(current, name);
    const target = linkTarget(next);
    if (target === undefined) {
      current = next;
      continue;
    }
    linkCount += 1;
    if (linkCount > MAX_LINKS) throw denied(requested, 'it goes through too many links');
    if (path.isAbsolute(target)) current = path.parse(target).root;
    pending = [...namesOf(target), ...rest];
  }
  return realPath(current);
}

function namesOf(text: string): string[] {
  const withoutRoot = path.isAbsolute(text) ? text.slice(path.parse(text).root.length) : text;
  return withoutRoot.split(path.sep === '\\' ? /[\\/]/u : '/').filter((name) => name !== '' && name !== '.');
}

/** `undefined`: no link, or nothing there. */
function linkTarget(file: string): string | undefined {
  try {
    return lstatSync(file).isSymbolicLink() ? readlinkSync(file) : undefined;
  } catch {
    return undefined;
  }
}

function denied(requested: string, why: string): PointsmanError {
  return new PointsmanError(
    'tool-denied',
    `The path ${JSON.stringify(requested.slice(0, 200))} is not allowed: ${why}`,
    {
      hint: 'Name a path inside the workspace.',
    },
  );
}
