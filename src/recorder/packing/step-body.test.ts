import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packBody, STARTED_AT, startedAtOf, unpackBody } from './step-body.ts';

const json = fc.oneof(
  fc.json(),
  fc.string({ maxLength: 3000 }).map((text) => JSON.stringify({ v: 2, text })),
);

describe('the body of a stored step', () => {
  test('comes back with its own bytes', () => {
    fc.assert(fc.property(json, (text) => unpackBody(packBody(text, 1)) === text));
  });

  test('says when the step started without being unpacked, in SQL as well', () => {
    const database = new DatabaseSync(':memory:');
    database.exec('create table steps (body text not null)');
    const insert = database.prepare('insert into steps (body) values (?)');
    insert.run(packBody('{"startedAt":5}', 1_795_964_941_649.25));
    insert.run('{"startedAt":7}');
    insert.run('damaged');
    insert.run(Buffer.from([9, 9]));
    const rows = database.prepare(`select ${STARTED_AT} as at from steps`).all();
    expect(rows.map(({ at }) => startedAtOf(at))).toEqual([1_795_964_941_649.25, 7, undefined, undefined]);
  });

  test('of a store of before is its text', () => {
    expect(unpackBody('{"v":1}')).toBe('{"v":1}');
  });

  test('that is damaged or of a form to come is not taken for another', () => {
    const body = packBody(JSON.stringify({ v: 2, text: 'a step' }), 1);
    expect(() => unpackBody(body.subarray(0, body.length - 4))).toThrow();
    body[0] = 2;
    expect(() => unpackBody(body)).toThrow('not known: 2');
  });

  test('is read by what it was written with: the form and its dictionary do not change', () => {
    const text = JSON.stringify({ v: 2, input: { v: 1, drift: [] }, decision: { kind: 'stay' }, startedAt: 1 });
    expect(unpackBody(Buffer.from(WRITTEN, 'base64'))).toBe(text);
  });
});

const WRITTEN = 'AT/wAAAAAAAAg/Vn0bugsOIdrbhG9iykoQ43qxYA';
