import { openLog } from '../../app/open-log.ts';
import { secretsOf, type Config } from '../../config/config.ts';
import { logLevelOf } from '../../config/environment.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { LOG_LEVELS, isLogLevel, type Log, type LogLevel } from '../../domain/log.ts';
import type { CommandIo } from './command.ts';

/** Where `--log-level` or `POINTSMAN_LOG` say nothing. */
const DEFAULT_LEVEL: LogLevel = 'info';

/**
 * The log of a command, to standard error: JSON for machines, text where a person reads along.
 * @throws PointsmanError `config-invalid` for a `POINTSMAN_LOG` that is no level
 */
export function logOf(io: CommandIo, config?: Config): Log {
  return openLog({
    level: io.logLevel ?? logLevelOf(io.env) ?? DEFAULT_LEVEL,
    env: io.env,
    secrets: config === undefined ? [] : secretsOf(config),
    write: (line) => io.stderr(line, 'verbatim'),
    isTerminal: io.isErrorTerminal ?? false,
  });
}

const OPTION = '--log-level';
/** For the help of every command. */
export const LOG_LEVEL_HELP: string = `${OPTION} ${LOG_LEVELS.join('|')}`;

/**
 * Takes `--log-level LEVEL` out of arguments: every command has it.
 * @throws PointsmanError `request-invalid` for no level or one that does not exist
 */
export function takeLogLevel(argv: readonly string[]): {
  readonly args: readonly string[];
  readonly level?: LogLevel;
} {
  const end = argv.indexOf('--');
  const at = argv
    .slice(0, end === -1 ? undefined : end)
    .findIndex((arg) => arg === OPTION || arg.startsWith(`${OPTION}=`));
  if (at === -1) return { args: argv };
  const [name, ...inline] = (argv[at] ?? '').split('=');
  const isInline = name !== argv[at];
  const level = isInline ? inline.join('=') : argv[at + 1];
  if (level === undefined || !isLogLevel(level)) {
    throw new PointsmanError('request-invalid', `${OPTION} takes ${LOG_LEVELS.join(', ')}; "${level ?? ''}" is none.`);
  }
  return { args: [...argv.slice(0, at), ...argv.slice(at + (isInline ? 1 : 2))], level };
}
