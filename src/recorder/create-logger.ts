import { type Logger, pino, type DestinationStream } from 'pino';
import { createRedactor, type Redactor } from './redact.ts';

export interface LoggerOptions {
  readonly level?: 'silent' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  readonly redactor?: Redactor;
  /** Where lines go; standard error unless given, because standard output may carry a protocol. */
  readonly destination?: DestinationStream;
}

/**
 * A pino logger that takes secrets out of messages, arguments, bindings and errors at every depth, with the same patterns
 * as the recorder. (pino's own `redact` knows fixed paths only, and a wildcard matches one level.)
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const redactor = options.redactor ?? createRedactor();
  const settings = {
    level: options.level ?? 'info',
    base: null,
    serializers: { err: (error: unknown) => redactor.value(error) },
    formatters: {
      level: (label: string) => ({ level: label }),
      bindings: (bindings: object) => redactor.value(bindings),
      log: (entry: object) => redactor.value(entry) as Record<string, unknown>,
    },
    hooks: {
      logMethod(this: Logger, args: Parameters<Logger['info']>, method: (...args: Parameters<Logger['info']>) => void) {
        method.apply(this, redactor.value(args));
      },
    },
  };
  return pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true }));
}
