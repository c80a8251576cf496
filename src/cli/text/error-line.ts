import type { PointsmanError } from '../../domain/errors.ts';

/** `[code] What is wrong. How to mend it.`, in one line whatever the message holds. */
export function errorLine({ code, message, mend }: Pick<PointsmanError, 'code' | 'message' | 'mend'>): string {
  const sentences =
    mend === undefined ? [message] : [/[.!?:)]$/u.test(message.trimEnd()) ? message : `${message}.`, mend];
  return `[${code}] ${sentences
    .join(' ')
    .replaceAll(/\s*[\r\n]+\s*/gu, ' ')
    .trim()}`;
}
