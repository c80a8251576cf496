import { expect, test } from 'vitest';
import { toNanoUsd } from '../../domain/money.ts';
import type { SpendReport } from '../../spend/spend-table.ts';
import { spendCsv, spendText } from './spend-text.ts';

function aReport(key: string): SpendReport {
  const usage = {
    uncachedTokens: 1,
    cacheReadTokens: undefined,
    cacheWriteTokens: undefined,
    cacheWrite1hTokens: undefined,
    outputTokens: 1,
    reasoningTokens: undefined,
  };
  const row = { key, callCount: 1, usage, billNanoUsd: toNanoUsd(0), unknownBillCallCount: 1 };
  const whole = { ...row, mayHaveBilledNanoUsd: toNanoUsd(0) };
  return {
    by: 'model',
    timeZone: 'UTC',
    rows: [whole],
    total: { ...whole, key: 'total' },
    unpriced: [{ what: `price of ${key}`, callCount: 1 }],
  };
}

const met = { repeatedCount: 0, fileCount: 1, unrecognisedCount: 0, droppedRowCount: 0 };

test.each(['a\n! forged', 'a\u001b[2Jb', 'a\r\u202Eb'])(
  'a name from a log forges no line and steers nothing: %j',
  (name) => {
    const unreadable = [{ path: name, why: name }];
    const text = spendText({ report: aReport(name), unreadable, ...met });
    // oxlint-disable-next-line no-control-regex -- what is looked for
    expect(text).not.toMatch(/[\u001b\r\u202E]|^! forged/mu);
  },
);

test.each(['=1+1', '+1', '-1', '@a', '\t=1', '\n=1', ' =1', '\uFF1D1+1', '\uFF20a'])('%j is no formula', (key) => {
  const csv = spendCsv({ report: aReport(key), unreadable: [], ...met });
  expect(csv.slice(csv.indexOf('\n') + 1)).toMatch(/^"?'/u);
});
