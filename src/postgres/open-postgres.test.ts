import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openTestPostgres } from '../testing/internal/postgres/test-store.ts';
import { openPostgres } from './open-postgres.ts';

const server = await openTestPostgres();

describe.skipIf(server === undefined)('a store that is asked', () => {
  test('gives up a question on the server too, when nobody waits for the answer any more', async () => {
    const address = server?.freshAddress() ?? '';
    const [asking, watching] = [await openPostgres(address, { maxQueryMs: 300 }), await openPostgres(address)];
    const mark = `select pg_sleep(20) /* ${asking.schema} */`;
    await expect(asking.query(mark)).rejects.toThrow();
    await expect
      .poll(
        async () => {
          const sql = "select 1 from pg_stat_activity where state = 'active' and query = $1";
          return (await watching.query(sql, [mark])).count;
        },
        { timeout: 3000 },
      )
      .toBe(0);
    await asking.close();
    await watching.close();
  });

  test('takes the locks from whoever falls silent within a transaction, who is told', async () => {
    const address = server?.freshAddress() ?? '';
    const [silent, other] = [await openPostgres(address, { maxSilenceMs: 200 }), await openPostgres(address)];
    const lock = 'select pg_advisory_xact_lock(77)';
    const stopped = silent.transaction(async (asking) => {
      await asking.query(lock);
      await wait(600);
      return asking.query('select 1');
    });
    const failed = expect(stopped).rejects.toThrow();
    await wait(50);
    const begun = performance.now();
    await other.transaction((asking) => asking.query(lock));
    expect(performance.now() - begun).toBeLessThan(500);
    await failed;
    // Its next question has a new connection.
    expect((await silent.query('select 1')).count).toBe(1);
    await silent.close();
    await other.close();
  });
});
