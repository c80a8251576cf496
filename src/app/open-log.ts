import { secretsInEnvironment } from '../config/environment.ts';
import type { Environment } from '../domain/environment.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { Log, LogLevel } from '../domain/log.ts';
import { createLog } from '../recorder/create-log.ts';
import { createRedactor } from '../recorder/redact.ts';

export interface OpenLogOptions {
  readonly level: LogLevel;
  /** Its secrets are taken out by value, beside those given and every known form of one. */
  readonly env: Environment;
  readonly secrets?: readonly string[];
  readonly write: (line: string) => void;
  /** A person reads along: one line of text an event in place of JSON. */
  readonly isTerminal: boolean;
}

/** The log of every surface. */
export function openLog({ level, env, secrets = [], write, isTerminal }: OpenLogOptions): Log {
  const redactor = createRedactor({ secrets: [...secrets, ...secretsInEnvironment(env)] });
  return createLog({ level, redactor, write, form: isTerminal ? 'text' : 'json' });
}

/** For things that are wrong and stop nothing. */
export function warningsTo(log: Log): (error: PointsmanError) => void {
  return (error) => log.warn('Something is wrong and does not stop the work', { error });
}
