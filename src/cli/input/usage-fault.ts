import { PointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { CliCommand } from './command.ts';

/** What parseArgs of node:util throws for arguments it does not understand, in one line with the hint; else undefined. */
export function usageFault(thrown: unknown, command: Pick<CliCommand, 'name' | 'usage'>): PointsmanError | undefined {
  if (!(thrown instanceof Error && 'code' in thrown)) return undefined;
  const option = /'(?:-\w, )?(--?[^'\s]+)[^']*'/u.exec(thrown.message)?.[1] ?? '';
  switch (thrown.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION': {
      const known = [...command.usage.matchAll(/--[\w-]+/gu)].map(([name]) => name);
      return fault(command, `There is no option "${option}".${didYouMean(option, known)}`);
    }
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL': {
      const argument = /'([^']*)'/u.exec(thrown.message)?.[1] ?? '';
      return fault(command, `"pointsman ${command.name}" does not take "${argument}".`);
    }
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      if (thrown.message.includes('does not take')) return fault(command, `${option} takes no value.`);
      if (thrown.message.includes('ambiguous')) {
        return fault(command, `A value of ${option} that begins with a dash is written ${option}=VALUE.`);
      }
      return fault(command, `${option} needs a value.`);
    default:
      return undefined;
  }
}

function fault(command: Pick<CliCommand, 'name'>, message: string): PointsmanError {
  return new PointsmanError('request-invalid', message, { hint: `See "pointsman ${command.name} --help".` });
}
