import { quoted } from './limits.ts';
import { covered, type RootStep } from './root-plan.ts';

/** Lines of a POSIX shell that carry out a plan with the programs of the system: a process or more for each step. */
export function shellRoot(
  steps: readonly RootStep[],
  stage: string,
  { network }: { readonly network: boolean },
): readonly string[] {
  return [
    'PATH="$PATH:/usr/sbin:/sbin"',
    orDie('mount --make-rprivate /'),
    ...(network ? [] : ['ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || :']),
    orDie(`mount --rbind / ${quoted(stage)}`),
    ...steps.map(lineOf),
    orDie(`cd ${quoted(stage)}`),
    orDie('pivot_root . .'),
    orDie('umount -l .'),
  ];
}

function orDie(line: string): string {
  return `${line} || die ${quoted(line.slice(0, 120))}`;
}

function lineOf(step: RootStep): string {
  const at = quoted(step.at);
  switch (step.act) {
    case 'folder':
      return orDie(`mkdir -p ${step.mode === undefined ? '' : `-m ${step.mode.toString(8)} `}${at}`);
    case 'file':
      return orDie(`: >> ${at}`);
    case 'link':
      return orDie(`ln -s ${quoted(step.to)} ${at}`);
    case 'fresh': {
      const { data, isReadOnly = false, mayFail = false } = step.how;
      const options = [...(isReadOnly ? ['ro'] : []), ...(data === undefined ? [] : [data])].join(',');
      const line = `mount -t ${step.type} ${options === '' ? '' : `-o ${options} `}${step.type} ${at}`;
      return mayFail ? `${line} 2>/dev/null || :` : orDie(line);
    }
    case 'bind': {
      const options = step.readOnly === undefined ? ['rbind'] : ['rbind', 'ro', ...step.readOnly];
      return orDie(`mount -o ${options.join(',')} ${quoted(step.from)} ${at}`);
    }
    case 'lock': {
      const lock = `mount -o ${['remount', 'bind', 'ro', ...step.marks].join(',')} ${at} 2>/dev/null`;
      const cover = lineOf(covered(step.at, step.otherwise === 'file' ? 'file' : 'folder'));
      return step.otherwise === 'folder-or-not' ? `${lock} || (${cover}) 2>/dev/null || :` : `${lock} || ${cover}`;
    }
  }
}
