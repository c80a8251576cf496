import { toPointsmanError, type PointsmanError } from '../../domain/errors.ts';
import { DAY_MS, MINUTE_MS, type At, type Ms } from '../../domain/time.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import { openPostgresRecords } from './retention.ts';

export interface KeepRecordsOptions {
  /** `undefined`: they are kept whatever their age. */
  readonly keepDays: number | undefined;
  /** What they may take; past it the oldest go first. */
  readonly maxBytes: number;
  readonly clock: () => At;
  readonly onError: (error: PointsmanError) => void;
  readonly firstAfterMs: Ms;
  /** Default: ten minutes. */
  readonly everyMs?: Ms;
}

const LOOK_MS: Ms = 10 * MINUTE_MS;
const FOREVER_DAYS = 36_500;

/** Keeps records to their days and size until it is closed. Of several gateways on one store one does it at a time. */
export function keepPostgresRecords(
  postgres: Postgres,
  options: KeepRecordsOptions,
): { readonly close: () => Promise<void> } {
  const stop = new AbortController();
  const records = openPostgresRecords(postgres);
  let running: Promise<void> | undefined;
  const prune = async (): Promise<void> => {
    try {
      await postgres.transaction(async (asking) => {
        const lock = 'select pg_try_advisory_xact_lock(hashtext($1)) as mine';
        const { rows } = await asking.query(lock, [`pointsman pruning ${postgres.schema}`]);
        if (rows[0]?.['mine'] !== true) return;
        const now = options.clock();
        const before = now - (options.keepDays ?? FOREVER_DAYS) * DAY_MS;
        await records.pruneToSize({ now, before, maxBytes: options.maxBytes, signal: stop.signal });
      });
    } catch (thrown) {
      if (!stop.signal.aborted) options.onError(toPointsmanError(thrown, 'record-unwritable'));
    }
  };
  const run = (): void => {
    running ??= prune().finally(() => {
      running = undefined;
    });
  };
  let timer = setTimeout(() => {
    run();
    timer = setInterval(run, options.everyMs ?? LOOK_MS).unref();
  }, options.firstAfterMs).unref();
  return {
    close: async () => {
      clearTimeout(timer);
      stop.abort();
      await running;
    },
  };
}
