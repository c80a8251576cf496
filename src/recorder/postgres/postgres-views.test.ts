import { describe, onTestFinished } from 'vitest';
import { openPostgres } from '../../postgres/open-postgres.ts';
import { storeViewsContract, type OpenedViews } from '../../testing/internal/page/views-contract.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import { openPostgresRecorder } from './postgres-recorder.ts';
import { openPostgresViews } from './postgres-views.ts';

const server = await openTestPostgres();

async function open(): Promise<OpenedViews> {
  const postgres = await openPostgres(server?.freshAddress() ?? '');
  const recorder = await openPostgresRecorder(postgres, {
    onWriteError: (error) => {
      throw error;
    },
  });
  const views = openPostgresViews(postgres);
  onTestFinished(async () => {
    await views.close();
    await recorder.close();
    await postgres.close();
  });
  const remove = async (callIds: readonly string[]): Promise<void> => {
    await postgres.query('delete from calls where call_id = any($1)', [callIds]);
  };
  return { recorder, views, remove };
}

describe.skipIf(server === undefined)('what is seen of a PostgreSQL store', () => {
  storeViewsContract(open, { runCount: 6 });
});
