import { describe, expect, onTestFinished, test } from 'vitest';
import type { PointsmanError } from '../../domain/errors.ts';
import { openPostgres } from '../../postgres/open-postgres.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import type { SharedSessions } from '../shared-sessions.ts';
import { openPostgresSharedSessions } from './postgres-shared-sessions.ts';

const server = await openTestPostgres();

describe.skipIf(server === undefined)('sessions that gateways of one store share', () => {
  const errors: PointsmanError[] = [];
  const open = async (postgres: Postgres): Promise<SharedSessions & { readonly moved: string[] }> => {
    const sessions = await openPostgresSharedSessions(postgres, {
      onWriteError: (error) => errors.push(error),
      lookMs: 20,
    });
    const moved: string[] = [];
    sessions.onMoved((key) => moved.push(key));
    onTestFinished(() => sessions.close());
    return { ...sessions, moved };
  };
  const connect = async (): Promise<Postgres> => {
    const postgres = await openPostgres(server?.freshAddress() ?? '');
    onTestFinished(() => postgres.close());
    return postgres;
  };

  test('are found by another gateway, each as its newest call left it, and nothing but a digest tells whose they are', async () => {
    const postgres = await connect();
    const [one, two] = [await open(postgres), await open(postgres)];
    expect(await two.find('team\u0000s')).toBeUndefined();
    let written = 0;
    for (const text of ['first', 'second'])
      one.keep('team\u0000s', () => {
        written += 1;
        return text;
      });
    one.keep('team\u0000too long', () => undefined);
    await expect.poll(() => two.find('team\u0000s')).toBe('second');
    expect(written).toBe(1);
    const answers = await Promise.all(
      ['team\u0000s', 'team\u0000too long', 'others\u0000s'].map((key) => two.find(key)),
    );
    expect(answers).toEqual(['second', undefined, undefined]);
    const { rows } = await postgres.query('select * from gateway_sessions');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('team');
  });

  test('that another gateway has gone on with are old here, once each time', async () => {
    const postgres = await connect();
    const [one, two] = [await open(postgres), await open(postgres)];
    one.keep('s', () => 'a');
    await expect.poll(() => two.find('s')).toBe('a');
    two.keep('s', () => 'b');
    await expect.poll(() => one.moved).toEqual(['s']);
    expect(await one.find('s')).toBe('b');
    one.keep('s', () => 'c');
    await expect.poll(() => two.moved).toEqual(['s']);
    expect(one.moved).toEqual(['s']);
  });

  test('are not known while the store does not answer, and nobody waits for that', async () => {
    const postgres = await connect();
    const sessions = await open(postgres);
    await postgres.query('alter table gateway_sessions rename to away');
    sessions.keep('s', () => 'a');
    expect(await sessions.find('s')).toBeUndefined();
    await expect.poll(() => errors.map(({ code }) => code)).toEqual(['record-unwritable']);
    await postgres.query('alter table away rename to gateway_sessions');
  });
});
