import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { withRecords } from '../../app/keep-records.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { At } from '../../domain/time.ts';
import { gatherLogs } from '../../replay/gather-logs.ts';
import { DEFAULT_ASSUMPTIONS } from '../../replay/simulation/assumptions.ts';
import { createRecordedModels, type RecordedModels } from '../../replay/simulation/recorded-models.ts';
import { createImportTally } from '../../sessions/importer.ts';
import { readDigests, type DigestOptions } from '../../sessions/kept/read-digests.ts';
import { readSessions } from '../../sessions/read-sessions.ts';
import { createSeenCalls } from '../../sessions/seen-calls.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { callsOfLog } from '../../spend/calls-of-logs.ts';
import { callOfRecord } from '../../spend/calls-of-records.ts';
import { countOnce, SAME_CALL_MS } from '../../spend/count-once.ts';
import { digestOfLog, isOnOneSide, recordedIds, type LogDigest } from '../../spend/log-digest.ts';
import { spendTable } from '../../spend/spend-table.ts';
import type { SpentCall } from '../../spend/spent-call.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { digestShelf, logShelf } from '../input/log-shelf.ts';
import { parseSpendArguments, type SpendArguments } from '../input/spend-arguments.ts';
import { spendCsv, spendJson, spendText, type SpendShown } from '../text/spend-text.ts';

export const command: CliCommand = {
  name: 'spend',
  usage:
    '[PATH…] [--by day|week|month|project|model|harness|key|session|block] [--since 30d] [--until DATE] [--only jobs|gateway|logs] [--from CLIENT] [--timezone ZONE] [--live] [--no-cache] [--json] [--csv] [--config FILE]',
  async run(args, io) {
    const given = parseSpendArguments(args, Date.now());
    const settings = await loadSettings(io, given.configFile);
    do {
      const shown = await gather(given, settings, io);
      if (given.live) io.erase?.('screen');
      io.stdout(textOf(shown, given));
    } while (given.live && (await pause(LIVE_MS, io.signal)));
    return EXIT.ok;
  },
};

const LIVE_MS = 3000;

function textOf(shown: SpendShown, given: SpendArguments): string {
  if (given.form === 'json') return spendJson(shown);
  return given.form === 'csv' ? spendCsv(shown) : spendText(shown);
}

async function gather(given: SpendArguments, settings: Settings, io: CommandIo): Promise<SpendShown> {
  const models = createRecordedModels(settings.catalog, DEFAULT_ASSUMPTIONS);
  const isWanted = (call: SpentCall): boolean => isWithin(call.at, given);
  const recorded = given.paths.length > 0 ? [] : await recordedCalls(given, settings);
  const logs =
    given.only === 'jobs' || given.only === 'gateway'
      ? NO_LOGS
      : await loggedCalls(given, { models, catalog: settings.catalog, recorded }, io);
  // Before the span is cut out: a call's record may lie before its edge and the log's row of it behind.
  const { calls, repeatedCount } = countOnce([...recorded, ...logs.calls]);
  const isListed = (call: SpentCall): boolean => given.only === undefined || SOURCES[given.only] === call.source;
  return {
    report: spendTable(
      [...calls, ...logs.digested].filter((call) => isWanted(call) && isListed(call)),
      given.by,
      given.timeZone,
    ),
    repeatedCount,
    fileCount: logs.fileCount,
    unrecognisedCount: logs.unrecognisedCount,
    unreadable: logs.unreadable,
    droppedRowCount: logs.droppedRowCount,
  };
}

const SOURCES = { jobs: 'job', gateway: 'gateway', logs: 'log' } as const;

function isWithin(at: At | undefined, { sinceAt, untilAt }: SpendArguments): boolean {
  if (at === undefined) return sinceAt === undefined && untilAt === undefined;
  return (sinceAt === undefined || at >= sinceAt) && (untilAt === undefined || at < untilAt);
}

async function recordedCalls(given: SpendArguments, { config }: Settings): Promise<readonly SpentCall[]> {
  const sinceAt = given.sinceAt === undefined ? undefined : given.sinceAt - SAME_CALL_MS;
  return withRecords(config, async (records) => {
    const calls: SpentCall[] = [];
    for await (const listed of records.calls(sinceAt)) {
      const call = callOfRecord(listed);
      if (call !== undefined) calls.push(call);
    }
    return calls;
  });
}

interface LoggedCalls {
  readonly calls: readonly SpentCall[];
  /** Calls that no record stands for, those that no table tells apart together. */
  readonly digested: readonly SpentCall[];
  readonly fileCount: number;
  /** Files that lie where logs do, of no form that is known here. */
  readonly unrecognisedCount: number;
  readonly unreadable: readonly { readonly path: string; readonly why: string }[];
  readonly droppedRowCount: number;
}

const NO_LOGS: LoggedCalls = {
  calls: [],
  digested: [],
  fileCount: 0,
  unrecognisedCount: 0,
  unreadable: [],
  droppedRowCount: 0,
};

/** Logs of the named files, or of every client on this machine; a machine without any is no fault. */
async function loggedCalls(given: SpendArguments, known: KnownBefore, io: CommandIo): Promise<LoggedCalls> {
  const home = io.env['HOME'] ?? homedir();
  const request = { paths: given.paths, from: given.from, home, env: io.env, cwd: io.cwd, mayBeNone: true } as const;
  const found = await gatherLogs(request);
  const unrecognisedCount = found.files.unrecognised.length;
  if (found.fileCount === 0) return { ...NO_LOGS, unrecognisedCount };
  const tally = createImportTally();
  const options = { seen: createSeenCalls(), tally, signal: io.signal, ...sinceOf(given.sinceAt) };
  const { models } = known;
  const calls: SpentCall[] = [];
  const digested: SpentCall[] = [];
  let droppedRowCount = 0;
  // Our own exports repeat what our records hold.
  const isOurs = (client: string): boolean => client === 'pointsman' && given.paths.length === 0;
  const by = await digestsFor(given, known, io);
  const add = (session: SessionTrace): void => {
    if (isOurs(session.client)) return;
    droppedRowCount += session.dropped.malformedCount + session.dropped.oversizedCount;
    calls.push(...callsOfLog(session, models));
  };
  if (by === undefined) for await (const session of readSessions(found.files, options)) add(session);
  else {
    for await (const read of readDigests(found.files, options, by)) {
      if (read.kind === 'session') add(read.session);
      else
        for (const digest of read.digest) {
          if (isOurs(digest.client) || isBefore(digest, given.sinceAt)) continue;
          droppedRowCount += digest.droppedRowCount;
          digested.push(...digest.calls);
        }
    }
  }
  const { fileCount } = found;
  return { calls, digested, fileCount, unrecognisedCount, unreadable: tally.unreadable, droppedRowCount };
}

/** What logs are held against. */
interface KnownBefore {
  readonly models: RecordedModels;
  readonly catalog: Catalog;
  readonly recorded: readonly SpentCall[];
}

/** How logs that have not changed are told of without being read. `undefined`: nothing may be kept. */
async function digestsFor(
  given: SpendArguments,
  { models, catalog, recorded }: KnownBefore,
  io: CommandIo,
): Promise<DigestOptions<readonly LogDigest[]> | undefined> {
  const sessions = await logShelf(io.env, given.withCache);
  // A digest holds bills.
  const prices = createHash('sha256').update(JSON.stringify(catalog.models)).digest('hex');
  const digests = sessions && (await digestShelf<readonly LogDigest[]>(io.env, 'spending', prices));
  if (sessions === undefined || digests === undefined) return undefined;
  const records = recordedIds(recorded);
  const isPlain = (call: SpentCall): boolean => isOnOneSide(call, (at) => isWithin(at, given));
  return {
    sessions,
    digests,
    make: (read) => read.map((session) => digestOfLog(session, models)),
    isEnough: (kept) =>
      kept.every(
        (digest) => isBefore(digest, given.sinceAt) || (!records.mayHold(digest) && digest.calls.every(isPlain)),
      ),
  };
}

function isBefore({ endedAt }: LogDigest, sinceAt: At | undefined): boolean {
  return sinceAt !== undefined && endedAt !== undefined && endedAt < sinceAt;
}

function sinceOf(sinceAt: At | undefined): { readonly sinceAt?: At } {
  return sinceAt === undefined ? {} : { sinceAt };
}

/** @returns whether to go on: false after Ctrl-C */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
  return !signal.aborted;
}
