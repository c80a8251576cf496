import type { CommandIo } from '../input/command.ts';
import { fitted, USUAL_COLUMNS } from './wrapped.ts';

/** Options by which a command writes for machines. */
const FOR_MACHINES = new Set(['--json', '--jsonl', '--csv']);

/** The same world, in which no line of words is wider than the terminal, or 80 columns in a pipe. */
export function fittingIo(io: CommandIo, args: readonly string[]): CommandIo {
  const columns = io.columns ?? USUAL_COLUMNS;
  const isForMachines = args.some((arg) => FOR_MACHINES.has(arg));
  return {
    ...io,
    stdout: (text, form) => io.stdout(isForMachines || form === 'verbatim' ? text : fitted(text, columns)),
    stderr: (text, form) => io.stderr(form === 'verbatim' ? text : fitted(text, columns)),
  };
}
