import { statSync } from 'node:fs';
import { type SandboxLimits, limitLines } from './limits.ts';
import type { SandboxView } from './sandbox-view.ts';

/** The words that go before a program, for bubblewrap (bwrap(1) 0.8). The order counts: later ones lie above earlier ones. */
export function bubblewrapArguments(view: SandboxView, limits: SandboxLimits, cwd: string): readonly string[] {
  return [
    '--unshare-all',
    ...(view.network ? ['--share-net'] : []),
    '--die-with-parent',
    // Of root, too: it would keep them.
    '--cap-drop',
    'ALL',
    '--ro-bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    ...view.emptied.flatMap((folder) => ['--tmpfs', folder]),
    ...view.shown.flatMap((place) => ['--ro-bind', place, place]),
    '--bind',
    view.workspace,
    view.workspace,
    ...view.pinned.flatMap((folder) => ['--bind', folder, folder]),
    ...view.locked.flatMap((place) => ['--ro-bind', place, place]),
    ...view.covered.flatMap((place) =>
      statSync(place).isDirectory() ? ['--tmpfs', place, '--remount-ro', place] : ['--ro-bind', '/dev/null', place],
    ),
    '--chdir',
    cwd,
    '--',
    '/bin/sh',
    '-c',
    [...limitLines(limits), 'exec "$@"'].join('\n'),
    'sandboxed',
  ];
}
