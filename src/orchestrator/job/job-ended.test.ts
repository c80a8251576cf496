import { expect, test } from 'vitest';
import { PointsmanError } from '../../domain/errors.ts';
import { createRedactor } from '../../recorder/redact.ts';
import { endingOf } from './job-ended.ts';

const services = { clock: () => 5, redactor: createRedactor({ secrets: [] }) };
const endedBy = (error: PointsmanError): ReturnType<typeof endingOf> =>
  endingOf(services, { kind: 'stopped', error, state: undefined }, 'paused');

test.each(['record-unreadable', 'record-unwritable'] as const)(
  'a job whose store was away for a moment (%s) is stopped, so that another worker goes on with it, and says why',
  (code) => {
    const away = new PointsmanError(code, 'The PostgreSQL store db/x cannot be read: gone', { retryable: true });
    expect(endedBy(away)).toMatchObject({
      status: 'paused',
      pause: { code: 'aborted', kind: 'failure', question: expect.stringContaining('db/x cannot be read: gone') },
      failure: undefined,
      endedAt: undefined,
    });
  },
);

test('a store that cannot be written however often it is tried, and any other trouble, fails the job', () => {
  const full = new PointsmanError('record-unwritable', 'The disk is full', { hint: 'Free space.' });
  expect(endedBy(full)).toMatchObject({
    status: 'failed',
    failure: { code: 'record-unwritable', hint: 'Free space.' },
  });
  const provider = new PointsmanError('provider-unavailable', 'Nobody answers', { retryable: true });
  expect(endedBy(provider)).toMatchObject({ status: 'failed', endedAt: 5 });
});
