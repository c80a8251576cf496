import type { IncomingHttpHeaders } from 'node:http';
import { PointsmanError } from '../../domain/errors.ts';
import { HOUR_MS, SECOND_MS, type Ms } from '../../domain/time.ts';
import { fieldsIn, type Fields } from '../../wires/shared/fields.ts';
import type { JsonEdit } from '../../wires/shared/json-bytes.ts';

const HEADER = 'x-pointsman-deadline-seconds';
const FIELD = 'pointsman_deadline_seconds';
const MOST_MS: Ms = 48 * HOUR_MS;

/**
 * How long a call may take, as its caller says in a header, or in the metadata of its body: nobody waits for it. `undefined`: somebody
 * does.
 * @throws PointsmanError `request-invalid` for what is no number of seconds
 */
export function deadlineOf(headers: IncomingHttpHeaders, body: Fields): Ms | undefined {
  const said = headers[HEADER] ?? fieldsIn(body['metadata'])[FIELD] ?? undefined;
  if (said === undefined) return undefined;
  const seconds = typeof said === 'string' ? Number(said.trim() || Number.NaN) : said;
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0)
    return Math.min(seconds * SECOND_MS, MOST_MS);
  const shown = typeof said === 'string' ? said : JSON.stringify(said);
  throw new PointsmanError('request-invalid', `The deadline "${shown.slice(0, 40)}" is no number of seconds`, {
    hint: `Send ${HEADER} as how many seconds the step may take, such as 1800.`,
  });
}

/** Takes the deadline out of a body: it is said to us alone, and vendors refuse metadata that they do not know. */
export function deadlineEdits(body: Fields): readonly JsonEdit[] {
  const metadata = fieldsIn(body['metadata']);
  if (!(FIELD in metadata)) return [];
  return [{ op: 'remove', path: Object.keys(metadata).length === 1 ? ['metadata'] : ['metadata', FIELD] }];
}

/** A body without it. */
export function withoutDeadline(body: Fields): Fields {
  const { [FIELD]: said, ...metadata } = fieldsIn(body['metadata']);
  if (said === undefined) return body;
  const { metadata: _, ...rest } = body;
  return Object.keys(metadata).length === 0 ? rest : { ...rest, metadata };
}
