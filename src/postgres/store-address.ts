import { PointsmanError } from '../domain/errors.ts';
import { decodedName } from '../domain/ids.ts';

/** What a store's address says, apart from how to connect. */
export interface StoreAddress {
  /** For the driver, with the password. */
  readonly connectionString: string;
  readonly schema: string;
  /** For people: host and database, no user, no password. */
  readonly place: string;
}

const DEFAULT_SCHEMA = 'pointsman';
/** Stands unquoted in SQL. PostgreSQL cuts names at 63 bytes. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,47}$/u;

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`; `?host=/run/postgresql` names a socket's folder. What
 * else stands behind the question mark is the driver's, such as `sslmode`.
 * @throws PointsmanError `config-invalid`; its message holds nothing of the address but the schema's name
 */
export function storeAddressOf(address: string): StoreAddress {
  // With credentials and no host, as for a socket, it would be no URL.
  const url = URL.parse(address.replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?=[/?#])/iu, '$1localhost'));
  if (url === null) {
    throw new PointsmanError('config-invalid', 'The address of the PostgreSQL store is not a URL.', { hint: FORM });
  }
  // What is behind a sign of the password that was written as it is would pass for a database, and be shown.
  if (url.pathname.includes('@') || (url.username === '' && `${url.search}${url.hash}`.includes('@'))) {
    throw new PointsmanError('config-invalid', 'The address of the PostgreSQL store has an @ too far back.', {
      hint: FORM,
    });
  }
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!SCHEMA.test(schema)) {
    throw new PointsmanError('config-invalid', `"${schema}" is no schema of a PostgreSQL store.`, {
      hint: 'Lower-case letters, digits and _ make a schema’s name, such as ?schema=team_a.',
    });
  }
  const host = url.searchParams.get('host') ?? url.host;
  url.searchParams.delete('schema');
  const database = decodedName(url.pathname.slice(1));
  const place = `${decodedName(host)}/${database}${schema === DEFAULT_SCHEMA ? '' : `, schema ${schema}`}`;
  return { connectionString: url.href, schema, place };
}

const FORM =
  'Write it as postgres://USER:PASSWORD@HOST:5432/DATABASE; signs such as @ or / in a password are written %40, %2F.';
