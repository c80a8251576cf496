import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isInside } from '../confine-path.ts';
import { type SandboxLimits, limitLines, quoted } from './limits.ts';
import type { SandboxView } from './sandbox-view.ts';

/** Exit code and first word of what the script says when it could not build the sandbox; then no program has run. */
export const SETUP_FAILED = 125;
export const SETUP_WORD = 'sandbox:';

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
/** Rebuilt rather than made read-only. */
const REBUILT = ['/proc', '/sys', '/dev'];

/** Of unshare(1), util-linux 2.36 and later: a user of its own keeps its number, and may mount until the program starts. */
export function unshareArguments(view: SandboxView): readonly string[] {
  const network = view.network ? [] : ['--net'];
  const spaces = [
    '--user',
    '--map-current-user',
    '--keep-caps',
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    '--fork',
    '--kill-child',
  ];
  return [...spaces, ...network, '--', '/bin/sh', '-c'];
}

/**
 * A script that builds what a command sees and runs it there: the disk read-only, homes and temporary folders empty, the
 * workspace writable. The program starts in a user namespace below, so that it can undo none of it.
 * @param stage an empty folder, on which the new root is built and which nobody sees afterwards
 */
export function namespaceScript(
  view: SandboxView,
  { limits, cwd, stage }: { readonly limits: SandboxLimits; readonly cwd: string; readonly stage: string },
): string {
  const at = (place: string): string => quoted(path.join(stage, place));
  const empty = (folder: string, options = ''): string => `mount -t tmpfs ${options}tmpfs ${at(folder)}`;
  const lines = [
    `die() { echo "${SETUP_WORD} $1" >&2; exit ${SETUP_FAILED}; }`,
    'build() {',
    'set -e',
    'mount --make-rprivate /',
    ...(view.network ? [] : ['ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || :']),
    `mount --rbind / ${quoted(stage)}`,
    ...readOnlyLines(stage, view),
    `mount -t proc proc ${at('/proc')} 2>/dev/null || :`,
    ...deviceLines(stage, at),
    // One may lie in another that is empty by now.
    ...view.emptied
      .filter((folder) => folder !== '/dev/shm')
      .flatMap((folder) => [`mkdir -p ${at(folder)}`, empty(folder)]),
    ...view.shown.flatMap((place) => showLines(place, at(place), 'ro')),
    ...showLines(view.workspace, at(view.workspace), 'rw'),
    ...view.pinned.map((folder) => mountLine(folder, at(folder), 'rw')),
    ...view.locked.map((place) => mountLine(place, at(place), 'ro')),
    ...view.covered.map((place) => (isFolder(place) ? empty(place, '-o ro ') : `mount --bind /dev/null ${at(place)}`)),
    `cd ${quoted(stage)}`,
    'pivot_root . .',
    'umount -l .',
    '}',
    'PATH="$PATH:/usr/sbin:/sbin"',
    'build || die "it could not be built"',
    `cd ${quoted(cwd)} || die "its folder is not there"`,
    ...limitLines(limits),
    // A shell stays the first process: a first process is deaf to being asked to end, and all others end with it.
    'unshare --user --map-current-user -- "$@"',
    'exit $?',
  ];
  // "set -e" does not hold inside a condition, so each step says itself when it fails.
  return lines
    .map((line) =>
      /^(?:mount|cd|pivot_root|umount|mkdir|ln|: >) /u.test(line) && !line.includes('||')
        ? `${line} || die ${quoted(line.slice(0, 120))}`
        : line,
    )
    .join('\n');
}

/** Every file system that hangs below the root, with the marks that it has: the kernel lets none of them be dropped. */
function readOnlyLines(stage: string, view: SandboxView): readonly string[] {
  return mountPoints()
    .filter(
      ({ place }) =>
        !REBUILT.some((folder) => isInside(folder, place)) && !view.emptied.some((folder) => isInside(folder, place)),
    )
    .filter(({ place }) => !isInside(view.workspace, place) && !isInside(stage, place))
    .map(({ place, marks }) => {
      const target = quoted(path.join(stage, place));
      const cover = isFolder(place) ? `mount -t tmpfs -o ro tmpfs ${target}` : `mount --bind /dev/null ${target}`;
      return `mount -o ${['remount', 'bind', 'ro', ...marks].join(',')} ${target} 2>/dev/null || ${cover} || die ${quoted(place)}`;
    });
}

const MARKS: ReadonlySet<string> = new Set(['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime']);

/** proc(5): the fifth field is where, the sixth how; odd characters stand as octal numbers. */
function mountPoints(): readonly { readonly place: string; readonly marks: readonly string[] }[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const found = lines.flatMap((line) => {
    const [, , , , place, options] = line.split(' ');
    if (place === undefined || options === undefined) return [];
    const real = place.replaceAll(/\\(\d{3})/gu, (_all, octal: string) =>
      String.fromCodePoint(Number.parseInt(octal, 8)),
    );
    return [{ place: real, marks: options.split(',').filter((mark) => MARKS.has(mark)) }];
  });
  return [...new Map(found.map((one) => [one.place, one])).values()];
}

function deviceLines(stage: string, at: (place: string) => string): readonly string[] {
  return [
    `mount -t tmpfs -o mode=755 tmpfs ${at('/dev')}`,
    ...DEVICES.flatMap((name) => [`: > ${at(`/dev/${name}`)}`, `mount --bind /dev/${name} ${at(`/dev/${name}`)}`]),
    `mkdir -m 1777 ${at('/dev/shm')} ${at('/dev/mqueue')}`,
    ...['fd', 'fd/0', 'fd/1', 'fd/2'].map((target, index) => {
      const name = ['fd', 'stdin', 'stdout', 'stderr'][index] ?? 'fd';
      return `ln -s /proc/self/${target} ${quoted(path.join(stage, 'dev', name))}`;
    }),
    `mount -o remount,ro,bind ${at('/sys')} 2>/dev/null || mount -t tmpfs -o ro tmpfs ${at('/sys')} 2>/dev/null || :`,
  ];
}

function showLines(place: string, target: string, how: 'ro' | 'rw'): readonly string[] {
  const made = isFolder(place) ? [`mkdir -p ${target}`] : [`mkdir -p "$(dirname ${target})"`, `: > ${target}`];
  return [...made, mountLine(place, target, how)];
}

function mountLine(place: string, target: string, how: 'ro' | 'rw'): string {
  const marks = marksAt(place).join(',');
  const options = how === 'ro' ? `rbind,ro${marks === '' ? '' : `,${marks}`}` : 'rbind';
  return `mount -o ${options} ${quoted(place)} ${target}`;
}

/** Of the file system that a place lies on. */
function marksAt(place: string): readonly string[] {
  const around = mountPoints().filter((one) => isInside(one.place, place));
  return around.sort((a, b) => b.place.length - a.place.length)[0]?.marks ?? [];
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
