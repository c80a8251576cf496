import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { Model } from '../../domain/model.ts';
import type { ScriptedRequest } from '../../providers/scripted/script.ts';
import type { SeenCall } from '../../providers/scripted/scripted-server.ts';
import { aCallEntry } from '../../testing/internal/job-builders.ts';
import { fine, openTestBed, type TestBed } from '../../testing/internal/test-bed.ts';
import { aModel } from '../../testing/model-builders.ts';
import type { JobReport } from '../model/job-report.ts';
import { lateRatio } from './call-step.ts';

const CLAUDE = 'claude-opus-5-5';
const policy = (keepAlive: boolean, share = 1): string =>
  `id: warm\nversion: 1\nsummary: Keeps warm.\ndial: 5\nfailureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }\nkeepAlive: ${keepAlive}\nguards: { pingOverheadRatio: ${share} }\n`;

const isPing = ({ maxOutputTokens }: ScriptedRequest): boolean => maxOutputTokens === 16;

/** A command that runs until the file `go` is there. */
const WAITS = "const { existsSync } = require('node:fs'); setInterval(() => existsSync('go') && process.exit(0), 20);";

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

interface Waiting {
  readonly home: TestBed;
  readonly report: JobReport;
  /** Pauses that were waited through. */
  readonly pauses: readonly number[];
  readonly pings: readonly SeenCall[];
}

/** Runs a job whose code step waits for a command; time passes only in pauses, and `onPause` may end the command. */
async function runWaiting(options: {
  readonly keepAlive: boolean;
  /** False: the user wants none. */
  readonly pings?: boolean;
  /** The command is done when this pause begins. 0: at once. Absent: by `endsAtPing`. */
  readonly endsAtPause?: number;
  readonly endsAtPing?: number;
  /** The time of this pause passes, and the command is done a little later. */
  readonly endsSoonAfterPause?: number;
  readonly share?: number;
}): Promise<Waiting> {
  const pauses: number[] = [];
  let passedMs = 0;
  let pingCount = 0;
  let go = (): void => undefined;
  const home = (testBed = await openTestBed({
    pool: [CLAUDE],
    tools: true,
    files: { 'waits.js': WAITS, 'warm.policy.yaml': policy(options.keepAlive, options.share) },
    words: (asked) => {
      if (isPing(asked.request) && (pingCount += 1) === options.endsAtPing) go();
      return asked.kind === 'code' && asked.turn === 0
        ? { text: '', toolCalls: [{ name: '~commands__run', input: { program: 'node', args: ['waits.js'] } }] }
        : fine(asked);
    },
    options: {
      ...(options.pings === undefined ? {} : { pings: options.pings }),
      store: 'memory',
      clock: () => Date.now() + passedMs,
      wait: async (pauseMs, signal) => {
        pauses.push(pauseMs);
        if (pauses.length === options.endsAtPause) {
          go();
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return;
        }
        passedMs += pauseMs;
        if (pauses.length === options.endsSoonAfterPause) setTimeout(() => go(), 100);
      },
    },
  }));
  go = () => writeFileSync(path.join(home.workspace, 'go'), '');
  if (options.endsAtPause === 0) go();
  const report = await home.pointsman.runJob({
    task: 'Run it.',
    workspace: home.workspace,
    approve: 'all',
    policy: path.join(home.workspace, 'warm.policy.yaml'),
  });
  const pings = home.server.calls.filter(({ request }) => isPing(request));
  return { home, report, pauses, pings };
}

describe('while a step waits for a long tool', () => {
  test('its prefix is pinged just inside its time to live, each ping with its own bill, until the tool is done', async () => {
    const { home, report, pauses, pings } = await runWaiting({ keepAlive: true, endsAtPause: 3 });
    expect(report.status).toBe('done');
    expect(pings).toHaveLength(2);
    const ttlMs = 300_000;
    for (const pause of pauses) expect(pause > 0.9 * ttlMs && pause < ttlMs).toBe(true);
    for (const { request, cache } of pings) {
      expect(request.messages.length).toBe(home.server.calls[1]?.request.messages.length);
      expect(cache.writeTokens).toBe(0);
    }
    // Plan, code twice, summary, and two pings: all are billed, none is taken for an answer.
    expect(home.server.calls).toHaveLength(6);
    expect(report.steps.find(({ kind }) => kind === 'code')).toMatchObject({ callCount: 4, status: 'accepted' });
    expect(report.bill.unknownBillCallCount).toBe(0);
    expect(report.bill.spentNanoUsd).toBe(report.steps.reduce((sum, step) => sum + step.billNanoUsd, 0));
  });

  test('a tool that takes long is waited for with many pings, where the policy allows their price', async () => {
    const { report, pauses, pings } = await runWaiting({ keepAlive: true, endsAtPing: 6 });
    expect(report.status).toBe('done');
    expect(pings.length).toBeGreaterThanOrEqual(6);
    expect(pauses.length).toBeGreaterThanOrEqual(6);
  });

  test('pings stop at the policy’s share of the bill, and the step waits on without them', async () => {
    const { home, report, pings } = await runWaiting({ keepAlive: true, share: 0.001, endsSoonAfterPause: 1 });
    expect(report.status).toBe('done');
    expect(pings).toEqual([]);
    await home.close();
  });

  test.each([
    ['policy', { keepAlive: false }],
    ['user', { keepAlive: true, pings: false }],
  ])('without the leave of the %s nothing is pinged', async (_whose, leave) => {
    const { report, pauses, pings } = await runWaiting({ ...leave, endsAtPause: 0 });
    expect(report.status).toBe('done');
    expect([pauses, pings]).toEqual([[], []]);
  });

  test('a tool that is quick costs no ping', async () => {
    const quick = await runWaiting({ keepAlive: true, endsAtPause: 1 });
    expect(quick.report.status).toBe('done');
    expect(quick.pauses).toHaveLength(1);
    expect(quick.pings).toEqual([]);
  });
});

describe('while a person is asked', () => {
  async function asked(
    keepAlive: boolean,
  ): Promise<{ readonly pings: number; readonly again: JobReport; readonly first: JobReport }> {
    let passedMs = 0;
    let pauseCount = 0;
    const home = (testBed = await openTestBed({
      pool: [CLAUDE],
      tools: true,
      files: { 'quick.js': '', 'warm.policy.yaml': policy(keepAlive) },
      words: (what) =>
        what.kind === 'code' && what.turn === 0
          ? { text: '', toolCalls: [{ name: '~commands__run', input: { program: 'node', args: ['quick.js'] } }] }
          : fine(what),
      options: {
        store: 'memory',
        clock: () => Date.now() + passedMs,
        wait: async (pauseMs, signal) => {
          pauseCount += 1;
          // The first pause is that of the tool, which ends at once because a person is asked.
          if (pauseCount > 1 && pauseCount <= 6) passedMs += pauseMs;
          else await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      },
    }));
    const first = await home.pointsman.runJob({
      task: 'Run it.',
      workspace: home.workspace,
      policy: path.join(home.workspace, 'warm.policy.yaml'),
    });
    expect(first.status).toBe('paused');
    if (keepAlive) await vi.waitFor(() => expect(pauseCount).toBeGreaterThan(3), 10_000);
    const before = home.server.calls.filter(({ request }) => isPing(request));
    for (const { cache } of before) expect(cache.writeTokens).toBe(0);
    const handle = await home.pointsman.resumeJob(first.jobId, { answer: { kind: 'all-permissions' } });
    const again = await handle.result;
    return { pings: home.server.calls.filter(({ request }) => isPing(request)).length, again, first };
  }

  test('the prefixes are kept warm until the answer, and the pings are in the bill', async () => {
    const { pings, again, first } = await asked(true);
    expect(pings).toBeGreaterThan(1);
    expect(again.status).toBe('done');
    expect(again.bill.unknownBillCallCount).toBe(0);
    expect(again.bill.spentNanoUsd).toBe(again.steps.reduce((sum, step) => sum + step.billNanoUsd, 0));
    expect(again.bill.spentNanoUsd).toBeGreaterThan(first.bill.spentNanoUsd);
  });

  test('nothing is pinged without the policy’s leave', async () => {
    expect((await asked(false)).pings).toBe(0);
  });
});

/** Starts of calls on one transcript, in minutes. */
const entriesAt = (...minutes: readonly number[]): Parameters<typeof lateRatio>[0] =>
  minutes.map((minute) => aCallEntry({ model: aModel().id, startedAt: minute * 60_000 }));

describe('how often the next call comes late', () => {
  const model: Model = loadCatalog().get(CLAUDE) ?? aModel();
  const late = (...minutes: readonly number[]): number =>
    lateRatio(
      entriesAt(...minutes).map((entry) => ({ ...entry, model: model.id })),
      { thread: 'shared', model },
    );

  test('is not known from one call, and is told from pauses longer than the default class and shorter than the long one', () => {
    expect(late(0)).toBe(0);
    expect(late(0, 1, 2, 3)).toBe(0);
    expect(late(0, 10, 20, 30)).toBe(0.75);
    expect(late(0, 90, 180)).toBe(0);
  });

  test('pings and other transcripts do not count', () => {
    const base = { model: model.id };
    const entries = [
      aCallEntry({ ...base, startedAt: 0 }),
      aCallEntry({ ...base, startedAt: 280_000, purpose: 'keep-alive' }),
      aCallEntry({ ...base, startedAt: 400_000, thread: 'other' }),
      aCallEntry({ ...base, startedAt: 560_000 }),
    ];
    expect(lateRatio(entries, { thread: 'shared', model })).toBe(0.5);
  });
});
