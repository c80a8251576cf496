import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { PointsmanError } from '../../domain/errors.ts';
import { storeTrouble } from './store-trouble.ts';

test('a disk that fills up under a job is told as such, not as a bug of ours', () => {
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA max_page_count = 2; CREATE TABLE t (v TEXT)');
  let thrown: unknown;
  try {
    db.exec(`INSERT INTO t VALUES ('${'x'.repeat(100_000)}')`);
  } catch (error) {
    thrown = error;
  }
  expect(storeTrouble(thrown)).toMatchObject({
    code: 'record-unwritable',
    message: 'The store cannot be written: database or disk is full.',
    hint: expect.stringContaining('resume'),
  });
});

test('what is no trouble of the store stays what it is', () => {
  expect(storeTrouble(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBeUndefined();
  expect(storeTrouble(new PointsmanError('internal', 'x'))).toBeUndefined();
  expect(storeTrouble(new TypeError('x'))).toBeUndefined();
  expect(storeTrouble('SQLITE_FULL')).toBeUndefined();
});
