import { readdirSync, type Dirent } from 'node:fs';

/** None, where there is no folder or it may not be read. */
export function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
