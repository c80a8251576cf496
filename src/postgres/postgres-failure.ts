import { isPointsmanError, PointsmanError } from '../domain/errors.ts';

/** SQLSTATE classes and codes (postgresql.org/docs/15/errcodes-appendix.html, read 2026-11-30). */
const PLACE_CLASSES: ReadonlySet<string> = new Set(['08', '53', '57', '58']);
const READ_ONLY = '25006';
/** Serialisation failure, deadlock, lock not available: the other one is through in a moment. */
const BUSY: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);
const DISK_FULL = '53100';
/** What the system and the driver call a connection that is not there, or is there no more. */
const BROKEN =
  /^(?:E(?:CONN(?:REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|ENOENT)$/u;
const BROKEN_WORDS =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error|cannot use a pool after|connection ended/iu;

const HINTS: Readonly<Record<string, string>> = {
  '28': 'Check user and password of the address; signs such as @ or / in a password are written %40, %2F.',
  '3D': 'Make the database first: createdb NAME.',
  '42': 'The role of the address needs the right to make a schema and tables: grant create on database NAME to ROLE.',
  '53': 'Free space or connections on the server; what waits is then written.',
};

/** SQLSTATE or the system's own code. */
function codeOf(thrown: unknown): string {
  const { code, errors } = (thrown ?? {}) as { readonly code?: unknown; readonly errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  // Several addresses of one name were tried.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : '';
}

export function isPostgresBusy(thrown: unknown): boolean {
  return BUSY.has(codeOf(thrown));
}

/** The server or the way to it is in the way, so that the same may pass later. */
export function isPostgresPlaceAtFault(thrown: unknown): boolean {
  const code = codeOf(thrown);
  if (PLACE_CLASSES.has(code.slice(0, 2)) && code.length === 5 && !BROKEN.test(code)) return true;
  return code === READ_ONLY || BUSY.has(code) || isPostgresAway(thrown);
}

/** The connection could not be made, or broke: whether the last question was carried out is not known. */
export function isPostgresAway(thrown: unknown): boolean {
  const code = codeOf(thrown);
  if (BROKEN.test(code) || code.startsWith('08') || code.startsWith('57P')) return true;
  return thrown instanceof Error && BROKEN_WORDS.test(thrown.message);
}

/** Nobody was asked at all: the connection could not even be made. */
export function isPostgresUnreached(thrown: unknown): boolean {
  const code = codeOf(thrown);
  if (/^(?:E(?:CONNREFUSED|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|ENOENT|57P03)$/u.test(code)) return true;
  return thrown instanceof Error && /timeout exceeded when trying to connect/iu.test(thrown.message);
}

/** A failure of the store as an error with a hint. What was thrown as ours stays itself. */
export function postgresError(
  thrown: unknown,
  code: 'record-unreadable' | 'record-unwritable',
  place: string,
  details: Readonly<Record<string, unknown>> = {},
): PointsmanError {
  if (isPointsmanError(thrown)) return thrown;
  const sqlState = codeOf(thrown);
  const verb = code === 'record-unreadable' ? 'read' : 'written';
  // The driver's own object is no cause to pass on: it holds what was to be stored, and the connection.
  return new PointsmanError(code, `The PostgreSQL store ${place} cannot be ${verb}: ${wordsOf(thrown, sqlState)}`, {
    details: { place, ...(sqlState === '' ? {} : { sqlState }), ...details },
    retryable: isPostgresPlaceAtFault(thrown) && sqlState !== DISK_FULL,
    hint: isPostgresAway(thrown)
      ? 'See that the server runs and can be reached from here, at the address in POINTSMAN_STORE or the configuration.'
      : (HINTS[sqlState.slice(0, 2)] ?? 'Look into the log of the server.'),
  });
}

function wordsOf(thrown: unknown, code: string): string {
  if (thrown instanceof Error && thrown.message !== '') return thrown.message;
  return code === '' ? String(thrown) : code;
}
