import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fail, ok, skipped, type Check } from './check.ts';

/** What a store consists of, and what is lost with each. */
const FILES: readonly { readonly name: string; readonly lost: string }[] = [
  { name: 'jobs.db', lost: 'the jobs in it can no longer be resumed' },
  { name: 'checkpoints.db', lost: 'jobs under way start over from what their journal has' },
  { name: 'records.db', lost: 'its decisions can no longer be explained' },
  { name: 'tools.db', lost: 'jobs under way may repeat a tool' },
];
/** Reading all of a larger one would take minutes. */
const MAX_CHECKED_BYTES = 2 * 1024 ** 3;

/** Whether the databases of a store are whole: each is read through, and nothing is written. */
export function databaseChecks(dir: string): readonly Check[] {
  const found = FILES.filter(({ name }) => existsSync(path.join(dir, name)));
  const checks = found.flatMap(({ name, lost }) => checkDatabase(path.join(dir, name), lost));
  const isWhole = found.length > 0 && checks.length === 0;
  return isWhole ? [ok('store files', `${found.map(({ name }) => name).join(', ')} are whole`)] : checks;
}

function checkDatabase(file: string, lost: string): readonly Check[] {
  const name = `store file ${path.basename(file)}`;
  const size = statSync(file).size;
  if (size > MAX_CHECKED_BYTES) return [skipped(name, 'larger than 2 GB: "PRAGMA quick_check" in sqlite3 reads it')];
  const fault = faultOf(file);
  if (fault === undefined) return [];
  if (fault.kind === 'unread') {
    const hint = 'Let the process that holds it finish, or make it readable, then look again.';
    return [fail(name, `${file} cannot be read (${fault.why})`, hint)];
  }
  return [
    fail(
      name,
      `${file} is damaged (${fault.why})`,
      `Save what can be saved with "sqlite3 ${file} .recover", then move the file away; a new one is made, and ${lost}.`,
    ),
  ];
}

/** `undefined`: it is whole. */
function faultOf(file: string): { readonly kind: 'damaged' | 'unread'; readonly why: string } | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 2000 });
    const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    return found === 'ok' ? undefined : { kind: 'damaged', why: String(found).split('\n')[0] ?? '' };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { kind: /not a database|malformed/u.test(why) ? 'damaged' : 'unread', why };
  } finally {
    database?.close();
  }
}
