import type { PointsmanError } from '../domain/errors.ts';
import { shown } from '../trust/shown.ts';

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
