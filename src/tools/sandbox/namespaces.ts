import { type SandboxLimits, limitLines, quoted } from './limits.ts';
import { perlRoot } from './perl-root.ts';
import { rootPlan } from './root-plan.ts';
import type { SandboxView } from './sandbox-view.ts';
import { SETUP_FAILED, SETUP_WORD } from './setup-failed.ts';
import { shellRoot } from './shell-root.ts';

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

interface ScriptOptions {
  readonly limits: SandboxLimits;
  readonly cwd: string;
  /** An empty folder, on which the new root is built and which nobody sees afterwards. */
  readonly stage: string;
  /** An absolute place; `undefined`: the programs of the system are to do it, which takes many times as long. */
  readonly perl: string | undefined;
}

/**
 * A script that builds what a command sees and runs it there. The program starts in a user namespace below, so that it can undo
 * none of it.
 */
export function namespaceScript(view: SandboxView, { limits, cwd, stage, perl }: ScriptOptions): string {
  const steps = rootPlan(view, stage);
  const built = perl === undefined ? undefined : perlRoot(steps, stage, { perl, network: view.network });
  return [
    `die() { echo "${SETUP_WORD} $1" >&2; exit ${SETUP_FAILED}; }`,
    ...(built === undefined
      ? shellRoot(steps, stage, view)
      : [`${built} || { [ $? = ${SETUP_FAILED} ] && exit ${SETUP_FAILED}; die "it could not be built"; }`]),
    `cd ${quoted(cwd)} || die "its folder is not there"`,
    ...limitLines(limits),
    // A shell stays the first process: a first process is deaf to being asked to end, and all others end with it.
    'unshare --user --map-current-user -- "$@"',
    'exit $?',
  ].join('\n');
}
