import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Environment } from '../../domain/environment.ts';
import { aKeptLog } from '../../testing/internal/kept-log.ts';
import { Crew } from './crew.ts';
import { WORKER_VARIABLE } from './worker-channel.ts';

let dir: string;
let crew: Crew | undefined;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'pointsman-crew-'));
});
afterEach(async () => {
  await crew?.close();
  crew = undefined;
  rmSync(dir, { recursive: true, force: true });
});

/** Of what the workers of a test are made: `index`, whether a `mark` is there, and what they say. */
const BEGINNING = `
import { existsSync, writeFileSync } from 'node:fs';
const index = Number(process.env['${WORKER_VARIABLE}']);
const mark = process.argv[2];
const ready = (then = () => {}) => process.send({ kind: 'ready', note: 'from ' + index }, then);
const fail = () => process.send({ kind: 'failed', code: 'config-invalid', message: 'no luck', hint: 'more' }, () => process.exit(1));
process.on('message', () => {});
`;

function crewOf(
  count: number,
  source: string,
  more: Environment = {},
): { readonly crew: Crew; readonly log: ReturnType<typeof aKeptLog> } {
  const program = path.join(dir, 'worker.mjs');
  writeFileSync(program, BEGINNING + source);
  const log = aKeptLog();
  const args = [path.join(dir, 'mark')];
  const env = { PATH: process.env['PATH'], ...more };
  crew = new Crew({ count, program, args, env, operatorToken: 'token', log: log.log });
  return { crew, log };
}

describe.skipIf(process.platform === 'win32')('a crew', () => {
  test('does not start where one worker fails after the last one is ready', async () => {
    const { crew: one } = crewOf(
      3,
      `if (index === 0) ready();
       else if (index === 2) ready(() => writeFileSync(mark, ''));
       else setInterval(() => existsSync(mark) && fail(), 200);`,
    );
    await expect(one.start()).rejects.toMatchObject({ code: 'config-invalid', message: 'no luck', hint: 'more' });
  });

  test('starts workers that give memory back, unless their environment says otherwise', async () => {
    const say = `const { MALLOC_ARENA_MAX: a, MALLOC_TRIM_THRESHOLD_: t } = process.env;
      process.send({ kind: 'ready', note: a + ' ' + t });`;
    const { crew: one } = crewOf(1, say);
    expect(await one.start()).toBe('2 131072');
    await one.close();
    const { crew: other } = crewOf(1, say, { MALLOC_ARENA_MAX: '7' });
    expect(await other.start()).toBe('7 131072');
  });

  test('says what keeps a worker from starting again', async () => {
    const { crew: one, log } = crewOf(
      1,
      `if (existsSync(mark)) fail();
       else { writeFileSync(mark, ''); ready(() => setTimeout(() => process.exit(3), 200)); }`,
    );
    expect(await one.start()).toBe('from 0');
    const said = (): readonly string[] => log.events.map(({ fields }) => String(fields['error']));
    await vi.waitFor(() => expect(said().join('\n')).toContain('no luck'));
  });

  test('keeps nobody who comes while it closes, and nobody who waits', async () => {
    const { crew: one } = crewOf(
      1,
      `if (!existsSync(mark)) { writeFileSync(mark, ''); ready(() => process.exit(3)); }`,
    );
    await one.start();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const callers = [];
    for (let count = 0; count < 2; count += 1) {
      const caller = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
      const [socket] = (await once(server, 'connection')) as [Parameters<Crew['hand']>[0]];
      callers.push({ caller, socket, closed: once(caller, 'close') });
    }
    const [waiting, late] = callers;
    if (waiting === undefined || late === undefined) throw new Error('two callers are wanted');
    one.hand(waiting.socket, Buffer.from('GET / HTTP/1.1\r\n\r\n'), undefined);
    const closed = one.close();
    one.hand(late.socket, Buffer.from('GET / HTTP/1.1\r\n\r\n'), undefined);
    await Promise.all([closed, waiting.closed, late.closed]);
    server.close();
  });
});
