import { describe, expect, test } from 'vitest';
import { LAUNCHED_NAMES } from '../../gateway/connect/harness.ts';
import { LAUNCHED } from '../../gateway/connect/harnesses.ts';
import { commands } from '../registry.ts';
import { speaksJson } from '../run-command.ts';
import { decimalUsd, errorJsonText, jsonText } from './json-text.ts';

describe('one envelope for every command', () => {
  test('carries the command, its data, and USD beside each amount in nano-USD', () => {
    const data = { billNanoUsd: 33_100_000, rows: [{ spentNanoUsd: -1 }], total: { leftNanoUsd: undefined }, n: 2 };
    expect(JSON.parse(jsonText('spend', data))).toEqual({
      v: 1,
      command: 'spend',
      data: {
        billNanoUsd: 33_100_000,
        billUsd: '0.033100000',
        rows: [{ spentNanoUsd: -1, spentUsd: '-0.000000001' }],
        total: {},
        n: 2,
      },
    });
  });

  test('leaves what has its own USD, and what is no amount', () => {
    const data = { aNanoUsd: 5, aUsd: 'mine', byDayNanoUsd: { monday: 1 }, xNanoUsd: null, at: new Date(0) };
    expect(JSON.parse(jsonText('x', data))).toMatchObject({
      data: { aNanoUsd: 5, aUsd: 'mine', byDayNanoUsd: { monday: 1 }, xNanoUsd: null, at: '1970-01-01T00:00:00.000Z' },
    });
  });

  test.each([
    [0, '0.000000000'],
    [1, '0.000000001'],
    [-1_500_000_000, '-1.500000000'],
    [Number.MAX_SAFE_INTEGER, '9007199.254740991'],
  ])('%d nano-USD are %s USD', (nano, usd) => {
    expect(decimalUsd(nano as Parameters<typeof decimalUsd>[0])).toBe(usd);
  });

  test('a failure has the same envelope', () => {
    const error = { code: 'not-found', message: 'There is none.', hint: undefined };
    expect(JSON.parse(errorJsonText('jobs', error))).toEqual({
      v: 1,
      command: 'jobs',
      error: { code: 'not-found', message: 'There is none.' },
    });
  });

  // These speak another protocol, hand on to another program, or write their figures where they are told to.
  const WITHOUT = ['serve', 'mcp', 'eval', ...LAUNCHED_NAMES.map((name) => LAUNCHED[name].program)];
  const REPORTING = Object.keys(commands).filter((name) => !WITHOUT.includes(name));
  test.each(REPORTING)('"%s" has --json', async (name) => {
    const { command } = (await commands[name]?.load()) ?? { command: undefined };
    expect(command && speaksJson(command)).toBe(true);
  });
});
