import { pino, stdTimeFunctions } from 'pino';
import type { Log, LogLevel } from '../domain/log.ts';
import { errorFields } from './error-fields.ts';
import { textLine } from './log-text.ts';
import type { Redactor } from './redact.ts';

export interface LogOptions {
  readonly level: LogLevel;
  readonly redactor: Redactor;
  /** Takes one line, its end included. Standard output may carry a protocol: give it standard error. */
  readonly write: (line: string) => void;
  /** `json`: one object a line, for machines. `text`: one line for people at a terminal. */
  readonly form: 'json' | 'text';
}

/**
 * A log of one line an event, through pino. Secrets are taken out of the finished line, with the same patterns as the
 * recorder: it is read, redacted and written again, so that no way into it is missed. (pino's own `redact` knows fixed
 * paths only, a wildcard of it matches one level, and its formatters pass over a child's bindings.)
 */
export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorFields },
      hooks: { streamWrite: (line) => safeLine(line, options) },
    },
    { write: options.write },
  );
  return {
    error: (event, fields = {}) => logger.error(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    debug: (event, fields = {}) => logger.debug(fields, event),
  };
}

/** Bytes as JSON writes them: a secret in them would be read by no pattern. */
const BYTES = /\{"type":"Buffer","data":\[[\d,]*\]\}/gu;

function safeLine(line: string, { redactor, form }: LogOptions): string {
  try {
    const event = redactor.value(JSON.parse(line.replaceAll(BYTES, '"[bytes]"')) as Readonly<Record<string, unknown>>);
    return form === 'json' ? `${JSON.stringify(event)}\n` : `${textLine(event)}\n`;
  } catch {
    return redactor.text(line);
  }
}
