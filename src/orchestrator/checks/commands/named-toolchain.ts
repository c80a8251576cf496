import { check, type CheckRole, type Folder, type Toolchain } from './check-command.ts';

/** A toolchain that a file names, and the commands that run its tests, or build it, one instead of the other. */
export function named(
  files: RegExp,
  commands: (folder: Folder) => readonly (readonly string[])[],
  role: CheckRole = 'tests',
): Toolchain {
  return (folder) => {
    if (![...folder.names].some((name) => files.test(name))) return [];
    const found = commands(folder);
    return found.length === 0 ? [] : [check(folder, role, found)];
  };
}
