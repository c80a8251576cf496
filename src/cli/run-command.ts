import { secretsInEnvironment } from '../config/environment.ts';
import { toPointsmanError } from '../domain/errors.ts';
import { createRedactor } from '../recorder/redact.ts';
import { failureJson, failureLine } from './error-line.ts';
import type { CliCommand, CommandIo } from './input/command.ts';
import { exitCodeOf } from './input/exit-code.ts';
import { usageFault } from './input/usage-fault.ts';

/** Whether `--json` has it write its answer as JSON; `--json FILE` writes something into a file. */
export function speaksJson({ usage }: CliCommand): boolean {
  return /(?:\[|\| )--json(?:\]|\[| \|)/u.test(usage);
}

/** Runs one command; what it throws is said, for people and, where they are asked for JSON, for machines. */
export async function runCommand(command: CliCommand, args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await command.run(args, io);
  } catch (thrown) {
    const fault = usageFault(thrown, command) ?? thrown;
    // For machines, on standard output, which would else be empty; the line for people stands beside it.
    if (args.includes('--json') && speaksJson(command)) io.stdout(failureJson(command.name, fault, io.env));
    return sayFailure(fault, io);
  }
}

/** Says why in one line. */
export function sayFailure(thrown: unknown, io: CommandIo): number {
  const error = toPointsmanError(thrown, 'internal');
  io.stderr(failureLine(error, io.env));
  if (error.code === 'internal' && io.env['POINTSMAN_DEBUG'] !== undefined) {
    const redactor = createRedactor({ secrets: secretsInEnvironment(io.env) });
    io.stderr(`${redactor.text(error.stack ?? '')}\n`);
  }
  return exitCodeOf(error.code);
}
