/** What a question gives: its rows, and how many rows it read or changed. */
export interface QueryAnswer<Row> {
  readonly rows: readonly Row[];
  readonly count: number;
}

/** How PostgreSQL is asked. Rejects with the driver's errors; adapters word them by `postgresError`. */
export interface PostgresClient {
  query<Row = Readonly<Record<string, unknown>>>(sql: string, values?: readonly unknown[]): Promise<QueryAnswer<Row>>;
}

/** A pool of connections to one store. */
export interface Postgres extends PostgresClient {
  /** For people: host and database, no user, no password. */
  readonly place: string;
  readonly schema: string;
  /** All of it or, where `act` rejects, none. */
  transaction<Result>(act: (asking: PostgresClient) => Promise<Result>): Promise<Result>;
  /** Waits for what is under way. Closed again it does nothing. */
  close(): Promise<void>;
}
