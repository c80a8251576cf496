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
 * as the recorder: the finished line is read, redacted and written again, so that no way into it is missed. (pino's own
 * `redact` knows fixed paths only, a wildcard of it matches one level, and its formatters pass over a child's bindings.)
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const redactor = options.redactor ?? createRedactor();
  const settings = {
    level: options.level ?? 'info',
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: (line: string) => redactLine(line, redactor) },
  };
  return pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true }));
}

function redactLine(line: string, redactor: Redactor): string {
  try {
    return `${JSON.stringify(redactor.value(JSON.parse(line)))}\n`;
  } catch {
    return redactor.text(line);
  }
}
