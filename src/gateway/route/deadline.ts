import type { IncomingHttpHeaders } from 'node:http';
import { PointsmanError } from '../../domain/errors.ts';
import { HOUR_MS, SECOND_MS, type Ms } from '../../domain/time.ts';
import { fieldsIn, numberIn, textIn, type Fields } from '../../wires/shared/fields.ts';

const HEADER = 'x-pointsman-deadline-seconds';
const FIELD = 'pointsman_deadline_seconds';
const MOST_MS: Ms = 48 * HOUR_MS;

/**
 * How long a call may take, as its caller says in a header, or in the metadata of its body: nobody waits for it. `undefined`: somebody
 * does.
 * @throws PointsmanError `request-invalid` for what is no number of seconds
 */
export function deadlineOf(headers: IncomingHttpHeaders, body: Fields): Ms | undefined {
  const field = fieldsIn(body['metadata'])[FIELD];
  const said = headers[HEADER] ?? textIn(field) ?? numberIn(field);
  if (said === undefined) return undefined;
  const seconds = typeof said === 'number' ? said : Number(String(said).trim() || Number.NaN);
  if (Number.isFinite(seconds) && seconds > 0) return Math.min(seconds * SECOND_MS, MOST_MS);
  throw new PointsmanError('request-invalid', `The deadline "${String(said).slice(0, 40)}" is no number of seconds`, {
    hint: `Send ${HEADER} as how many seconds the step may take, such as 1800.`,
  });
}
