import { expect, test } from 'vitest';
import { PointsmanError } from '../domain/errors.ts';
import { LOG_LEVELS, type Log, type LogLevel } from '../domain/log.ts';
import { createLog } from './create-log.ts';
import { createRedactor } from './redact.ts';

const key = `sk-ant-${'api03-Ab1_'.repeat(6)}`;

function linesOf(act: (log: Log) => void, form: 'json' | 'text' = 'json', level: LogLevel = 'debug'): string[] {
  const lines: string[] = [];
  const redactor = createRedactor({ secrets: ['known by value'] });
  act(createLog({ redactor, level, form, write: (line) => void lines.push(line) }));
  expect(lines.join('')).not.toContain(key);
  expect(lines.join('')).not.toContain('known by value');
  for (const line of lines) expect(line.trimEnd().split(/[\r\n]/u)).toHaveLength(1);
  return lines;
}

function eventsOf(act: (log: Log) => void): Record<string, unknown>[] {
  return linesOf(act).map((line) => JSON.parse(line) as Record<string, unknown>);
}

test.each(['json', 'text'] as const)(
  'no secret reaches a %s line: not by event, field, name, error or cause',
  (form) => {
    const deep = { request: { headers: { 'x-api-key': 'plain', list: [{ text: 'known by value' }] } } };
    const lines = linesOf((log) => {
      log.info(`event ${key}`);
      log.warn('deep', deep);
      log.error('thrown', { error: new Error(`failed with ${key}`, { cause: new Error('known by value') }) });
      log.error('coded', {
        error: new PointsmanError('internal', key, { details: { key, deeper: [key] }, hint: key }),
      });
      log.debug('named', { [key]: 1, token: 'plain' });
      log.error(`two\nlines ${key}`, { error: `thrown text ${key}` });
    }, form);
    expect(lines).toHaveLength(6);
    expect(lines.join('')).not.toMatch(/[":=]plain/u);
  },
);

test('an error is written with its code, stack and causes, beside the request it belongs to', () => {
  const cause = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
  const error = new PointsmanError('provider-unavailable', 'No answer', { cause, details: { status: 502 } });
  const [event] = eventsOf((log) => log.error('A call failed', { requestId: 'req_1', error }));
  expect(event).toMatchObject({
    level: 'error',
    msg: 'A call failed',
    requestId: 'req_1',
    error: {
      code: 'provider-unavailable',
      message: 'No answer',
      details: { status: 502 },
      stack: expect.stringContaining('create-log.test.ts'),
      cause: { code: 'ECONNREFUSED', message: 'connect failed', stack: expect.any(String) },
    },
  });
  expect(Date.parse(String(event?.['time']))).toBeGreaterThan(Date.UTC(2026, 0));
});

test.each(LOG_LEVELS)('level %s says what is as grave, and nothing else', (level) => {
  const said = linesOf(
    (log) => {
      for (const grade of ['debug', 'info', 'warn', 'error'] as const) log[grade](grade);
    },
    'json',
    level,
  ).map((line) => (JSON.parse(line) as { level: string }).level);
  expect(said).toEqual(['debug', 'info', 'warn', 'error'].filter((grade) => rank(grade) <= rank(level)));
});

function rank(level: string): number {
  return LOG_LEVELS.findIndex((known) => known === level);
}

test('text is one line for people, that cannot move the cursor', () => {
  const error = new PointsmanError('not-found', 'No model\u001B[2J\nhere', { hint: 'Add one.' });
  const [line] = linesOf((log) => log.error('A call failed', { requestId: 'req_1', error }), 'text');
  expect(line).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} error A call failed requestId=req_1: \[not-found\] No model \[2J here Add one\. \(at .+\)\n$/u,
  );
});

test('odd facts and errors are survived', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const round = new Error('round');
  round.cause = round;
  const trap = Object.defineProperty({}, 'boom', {
    enumerable: true,
    get: () => {
      throw new Error(key);
    },
  });
  const events = eventsOf((log) => {
    log.info('circle', { circle });
    log.error('round', { error: round });
    log.info('odd', { when: new Date(0), bytes: Buffer.from(key), big: 1n });
    log.error('trap', { trap });
    log.error('nothing', { error: undefined });
    log.error('null', { error: null });
  });
  expect(events[2]).toMatchObject({ bytes: '[bytes]' });
  expect(events.map((event) => event['msg'])).toEqual(['circle', 'round', 'odd', 'trap', 'nothing', 'null']);
});
