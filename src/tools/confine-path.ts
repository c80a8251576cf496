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

/** A folder to look at, and places outside that it leads to. */
export interface ReadRoot {
  /** A real path. */
  readonly root: string;
  readonly readable: readonly string[];
}

/** The same for what is only read. @throws PointsmanError `tool-denied` */
export function confineReading({ root, readable }: ReadRoot, requested: string): string {
  if (readable.length === 0 || requested.includes('\0')) return confinePath(root, requested);
  const real = followPath(root, requested);
  // What is named elsewhere is not meant: only what the folder itself leads to.
  const isNamed = isInside(root, path.resolve(root, requested));
  return isNamed && readable.some((place) => isInside(place, real)) ? real : confinePath(root, requested);
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
  const pending = namesOf(requested).reverse();
  let linkCount = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const next = path.join(current, name);
    const entry = name === '..' ? {} : entryAt(next);
    // In nothing lies nothing: a long name of what is not there is not looked up name by name.
    if (entry === undefined && !pending.includes('..')) return path.join(next, ...pending.reverse());
    if (entry?.target === undefined) {
      current = next;
      continue;
    }
    linkCount += 1;
    if (linkCount > MAX_LINKS) throw denied(requested, 'it goes through too many links');
    if (path.isAbsolute(entry.target)) current = path.parse(entry.target).root;
    pending.push(...namesOf(entry.target).reverse());
  }
  return realPath(current);
}

function namesOf(text: string): string[] {
  const withoutRoot = path.isAbsolute(text) ? text.slice(path.parse(text).root.length) : text;
  return withoutRoot.split(path.sep === '\\' ? /[\\/]/u : '/').filter((name) => name !== '' && name !== '.');
}

/** `undefined`: nothing is there, or nobody can say. */
function entryAt(file: string): { readonly target?: string } | undefined {
  try {
    const stat = lstatSync(file, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() === true ? { target: readlinkSync(file) } : stat && {};
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
