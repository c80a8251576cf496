import { statSync } from 'node:fs';
import path from 'node:path';
import { isInside } from '../confine-path.ts';
import { type Mark, marksAt, mountPoints, type MountPoint } from './mount-points.ts';
import type { SandboxView } from './sandbox-view.ts';

/** One thing that is done while a new root is built, in this order: later ones lie above earlier ones. All places are absolute. */
export type RootStep =
  /** With those above it. */
  | { readonly act: 'folder'; readonly at: string; readonly mode?: number }
  /** An empty one, where there is none. */
  | { readonly act: 'file'; readonly at: string }
  | { readonly act: 'link'; readonly at: string; readonly to: string }
  | { readonly act: 'fresh'; readonly at: string; readonly type: 'tmpfs' | 'proc'; readonly how: Fresh }
  /** With what is mounted below it. The marks of its file system: the kernel lets none of them be dropped. */
  | { readonly act: 'bind'; readonly at: string; readonly from: string; readonly readOnly?: readonly Mark[] }
  /** What is mounted there already; where that cannot be, it is covered. */
  | { readonly act: 'lock'; readonly at: string; readonly marks: readonly Mark[]; readonly otherwise: Otherwise };

interface Fresh {
  readonly data?: string;
  readonly isReadOnly?: boolean;
  /** What was there is as good. */
  readonly mayFail?: boolean;
}

/** By an empty folder or file; `folder-or-not`: what stays is as good. */
export type Otherwise = 'folder' | 'file' | 'folder-or-not';

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
/** Rebuilt rather than made read-only. */
const REBUILT = ['/proc', '/sys', '/dev'];

/**
 * How what a command sees is built on a stage that holds the whole disk: read-only, homes and temporary folders empty, the
 * workspace writable.
 * @param stage an empty folder
 */
export function rootPlan(view: SandboxView, stage: string): readonly RootStep[] {
  const at = (place: string): string => path.join(stage, place);
  const mounts = mountPoints();
  const bind = (place: string, how: 'ro' | 'rw'): RootStep => ({
    act: 'bind',
    from: place,
    at: at(place),
    ...(how === 'ro' && { readOnly: marksAt(place, mounts) }),
  });
  const show = (place: string, how: 'ro' | 'rw'): readonly RootStep[] => [
    ...(isFolder(place)
      ? [folder(at(place))]
      : [folder(path.dirname(at(place))), { act: 'file' as const, at: at(place) }]),
    bind(place, how),
  ];
  return [
    ...lockSteps(mounts, stage, view),
    { act: 'fresh', type: 'proc', at: at('/proc'), how: { mayFail: true } },
    ...deviceSteps(at),
    { act: 'lock', at: at('/sys'), marks: marksAt('/sys', mounts), otherwise: 'folder-or-not' },
    // One may lie in another that is empty by now.
    ...view.emptied
      .filter((place) => place !== '/dev/shm')
      .flatMap((place) => [folder(at(place)), emptied(at(place), {})]),
    ...view.shown.flatMap((place) => show(place, 'ro')),
    ...show(view.workspace, 'rw'),
    ...view.pinned.map((place) => bind(place, 'rw')),
    ...view.locked.map((place) => bind(place, 'ro')),
    ...view.covered.map((place) => covered(at(place), isFolder(place) ? 'folder' : 'file')),
  ];
}

function folder(at: string): RootStep {
  return { act: 'folder', at };
}

function emptied(at: string, how: Fresh): RootStep {
  return { act: 'fresh', type: 'tmpfs', at, how };
}

/** Nothing is to be seen there, nor to be left. */
export function covered(at: string, as: 'folder' | 'file'): RootStep {
  return as === 'folder' ? emptied(at, { isReadOnly: true }) : { act: 'bind', from: '/dev/null', at };
}

/** Every file system that hangs below the root. */
function lockSteps(mounts: readonly MountPoint[], stage: string, view: SandboxView): readonly RootStep[] {
  const left = [...REBUILT, ...view.emptied, view.workspace, stage];
  return mounts
    .filter(({ place }) => !left.some((one) => isInside(one, place)))
    .map(({ place, marks }) => ({
      act: 'lock',
      at: path.join(stage, place),
      marks,
      otherwise: isFolder(place) ? 'folder' : 'file',
    }));
}

function deviceSteps(at: (place: string) => string): readonly RootStep[] {
  return [
    emptied(at('/dev'), { data: 'mode=755' }),
    ...DEVICES.flatMap((name): readonly RootStep[] => [
      { act: 'file', at: at(`/dev/${name}`) },
      { act: 'bind', from: `/dev/${name}`, at: at(`/dev/${name}`) },
    ]),
    { act: 'folder', at: at('/dev/shm'), mode: 0o1777 },
    { act: 'folder', at: at('/dev/mqueue'), mode: 0o1777 },
    ...['fd', 'fd/0', 'fd/1', 'fd/2'].map((target, index): RootStep => ({
      act: 'link',
      at: at(`/dev/${['fd', 'stdin', 'stdout', 'stderr'][index] ?? 'fd'}`),
      to: `/proc/self/${target}`,
    })),
  ];
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
