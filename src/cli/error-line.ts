import { secretsInEnvironment } from '../config/environment.ts';
import type { Environment } from '../domain/environment.ts';
import { toPointsmanError, type PointsmanError } from '../domain/errors.ts';
import { createRedactor } from '../recorder/redact.ts';
import { shown } from '../trust/shown.ts';
import { errorJsonText } from './text/json-text.ts';

/** `[code] What is wrong. How to mend it.`, in one line whatever the message holds. */
export function errorLine({ code, message, hint }: Pick<PointsmanError, 'code' | 'message' | 'hint'>): string {
  const sentences =
    hint === undefined ? [message] : [/[.!?:)]$/u.test(message.trimEnd()) ? message : `${message}.`, hint];
  return shown(
    `[${code}] ${sentences
      .join(' ')
      .replaceAll(/\s*[\r\n]+\s*/gu, ' ')
      .trim()}`,
  );
}

/** That line for standard error. What was thrown may hold anything, so it passes where the log's lines pass. */
export function failureLine(error: PointsmanError, env: Environment): string {
  return `pointsman: ${createRedactor({ secrets: secretsInEnvironment(env) }).text(errorLine(error))}\n`;
}

/** The same for machines, in the envelope of `--json`. */
export function failureJson(command: string, thrown: unknown, env: Environment): string {
  const { code, message, hint } = toPointsmanError(thrown, 'internal');
  return createRedactor({ secrets: secretsInEnvironment(env) }).text(errorJsonText(command, { code, message, hint }));
}
