import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Folder } from './check-command.ts';

const MAX_MANIFEST_BYTES = 1024 * 1024;

/** A folder of the workspace; what cannot be read is not there. Reads when asked. */
export function openFolder(root: string, relative: string, home: string | undefined): Folder {
  const place = path.join(root, relative);
  return {
    root,
    relative,
    home,
    names: new Set(namesIn(place)),
    read: (name) => textOf(path.join(place, name)),
    list: (name) => namesIn(path.resolve(place, name)),
  };
}

function namesIn(place: string): readonly string[] {
  try {
    return readdirSync(place).sort();
  } catch {
    return [];
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
