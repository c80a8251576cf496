import { expect, test } from 'vitest';
import { createLogger } from './create-logger.ts';
import { createRedactor } from './redact.ts';

const key = `sk-ant-${'api03-Ab1_'.repeat(6)}`;

function logged(act: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  const redactor = createRedactor({ secrets: ['known by value'] });
  act(createLogger({ redactor, level: 'trace', destination: { write: (line) => void lines.push(line) } }));
  expect(lines.join('')).not.toContain(key);
  expect(lines.join('')).not.toContain('known by value');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('no secret reaches a line: not by message, argument, nested field, binding, child or error', () => {
  const lines = logged((logger) => {
    logger.info(`message ${key}`);
    logger.info('formatted %s %o %j', key, { deep: [key] }, { deep: { deeper: key } });
    logger.warn({ request: { headers: { 'x-api-key': 'plain', list: [{ text: `known by value` }] } } }, 'with %s', key);
    logger.error(new Error(`failed with ${key}`, { cause: new Error(key) }));
    logger.error({ err: new Error(key), token: 'plain' }, key);
    logger.child({ session: key, nested: { authorization: 'plain' } }).debug('child');
    logger
      .child({ a: 1 })
      .child({ b: key })
      .trace({ [key]: 1 });
  });
  expect(lines).toHaveLength(7);
  expect(JSON.stringify(lines)).not.toContain('"plain"');
  expect(lines[0]?.['msg']).toBe('message [redacted:anthropickey]');
  expect(lines.map((line) => line['level'])).toEqual(['info', 'info', 'warn', 'error', 'error', 'debug', 'trace']);
  expect(lines[3]?.['err']).toMatchObject({ message: expect.stringContaining('failed with [redacted:anthropickey]') });
});

test('odd arguments are survived', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const lines = logged((logger) => {
    logger.info(undefined, 'x');
    logger.info(null);
    logger.info(circle, 'round');
    logger.info({ when: new Date(0), bytes: Buffer.from(key), big: 1n });
  });
  expect(lines.length).toBeGreaterThan(2);
});
