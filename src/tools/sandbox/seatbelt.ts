import type { SandboxView } from './sandbox-view.ts';

/**
 * A profile for sandbox-exec(1) of macOS: no network, writes only below the workspace and the temporary folders, and of
 * homes only what the view shows. Later rules win over earlier ones.
 */
export function seatbeltProfile(view: SandboxView, temporary: readonly string[]): string {
  const below = (places: readonly string[]): string =>
    places.map((place) => `(subpath ${JSON.stringify(place)})`).join(' ');
  const rule = (what: string, places: readonly string[]): string =>
    places.length === 0 ? '' : `(${what} ${below(places)})`;
  const homes = view.emptied.filter((folder) => !temporary.includes(folder) && !folder.endsWith('/tmp'));
  return [
    '(version 1)',
    '(allow default)',
    ...(view.network ? [] : ['(deny network*)', '(allow network* (local ip "localhost:*") (remote ip "localhost:*"))']),
    '(deny file-write*)',
    '(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (subpath "/dev/fd"))',
    rule('deny file-read-data', homes),
    rule('allow file-read-data', view.shown),
    rule('allow file-read* file-write*', [view.workspace, ...temporary]),
    ...view.pinned.map((folder) => `(deny file-write-unlink (literal ${JSON.stringify(folder)}))`),
    rule('deny file-write*', view.locked),
    rule('deny file-read* file-write*', view.covered),
    '(deny mach-lookup (global-name "com.apple.SecurityServer"))',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
