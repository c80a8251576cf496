import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Folder } from './check-command.ts';

const MAX_MANIFEST_BYTES = 1024 * 1024;

/** A folder of the workspace; what cannot be read is not there. Reads when asked. */
export function openFolder(root: string, relative: string, home: string | undefined): Folder {
  const place = path.join(root, relative);
  const listed = namesIn(place);
  const names = new Set(listed);
  // Each toolchain asks for its own manifests, and most have none: what is not in the list is not asked of the disk.
  const mayHave = (name: string): boolean => {
    const first = name.split('/', 1)[0] ?? '';
    return listed === undefined || first === '' || first === '.' || first === '..' || names.has(first);
  };
  return {
    root,
    relative,
    home,
    names,
    read: (name) => (mayHave(name) ? textOf(path.join(place, name)) : undefined),
    list: (name) => (mayHave(name) ? (namesIn(path.resolve(place, name)) ?? []) : []),
  };
}

/** `undefined`: it may not be listed, and there may be files in it all the same. */
function namesIn(place: string): readonly string[] | undefined {
  try {
    return readdirSync(place).sort();
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES' ? undefined : [];
  }
}

/** A pipe or a device is never opened: reading it might not end. */
function textOf(file: string): string | undefined {
  try {
    const stat = statSync(file);
    return stat.isFile() && stat.size <= MAX_MANIFEST_BYTES ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
