import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figure } from '../../src/domain/figure.ts';
import { gatherLogs } from '../../src/replay/gather-logs.ts';
import { replayFiles } from '../../src/replay/replay-files.ts';
import type { ReplayReport } from '../../src/replay/report/replay-report.ts';
import { createImportTally } from '../../src/sessions/importer.ts';
import { readSessions, sortFiles } from '../../src/sessions/read-sessions.ts';
import { createSeenCalls } from '../../src/sessions/seen-calls.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { dataFile } from '../data/data-file.ts';
import type { Suite, SuiteContext } from '../suite.ts';

const TAU_BENCH = 'agent_sessions_taubench_gpt4o_airline.jsonl.gz';

/**
 * Are recorded sessions read whole? τ-bench rows against a count made straight from the file, and logs of real clients
 * (beside the data folder, where they are there): what is lost, unknown, or billed other than the log says.
 */
export const suite: Suite = {
  name: 'sessions',
  summary: 'what is read of recorded sessions, and what is lost',
  async run(context) {
    const file = dataFile(context.dataDir, TAU_BENCH);
    if (file.kind === 'absent') return file.answer;
    const figures = { ...(await tauBench(file.path)), ...(await clientLogs(context)) };
    return { kind: 'ran', figures };
  },
};

async function tauBench(file: string): Promise<Readonly<Record<string, Figure>>> {
  const truth = { sessions: 0, calls: 0, users: 0, tools: 0 };
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const row = JSON.parse(line) as { readonly turns?: readonly { readonly role: string }[] };
    if (row.turns === undefined) continue;
    truth.sessions += 1;
    truth.calls += row.turns.filter((turn) => turn.role === 'assistant').length;
    truth.users += row.turns.filter((turn) => turn.role === 'user').length;
    truth.tools += row.turns.filter((turn) => turn.role === 'tool').length;
  }
  const read = { sessions: 0, calls: 0, users: 0, tools: 0 };
  for await (const trace of tracesOf(await sortFiles([file]))) {
    const calls = trace.threads.flatMap((thread) => thread.calls);
    const answered = calls.flatMap((call) => call.toolCalls).filter((tool) => tool.resultCharCount !== undefined);
    read.sessions += 1;
    read.calls += calls.length;
    read.users += trace.threads.reduce((sum, thread) => sum + thread.userMessages.length, 0);
    read.tools += answered.length;
  }
  const error = (key: keyof typeof truth): Figure => ({
    value: (100 * Math.abs(read[key] - truth[key])) / truth[key],
    unit: '%',
    n: truth[key],
    label: 'measured',
  });
  return {
    'sessions.taubench.sessions.error.pct': error('sessions'),
    'sessions.taubench.calls.error.pct': error('calls'),
    'sessions.taubench.user_messages.error.pct': error('users'),
    'sessions.taubench.tool_results.error.pct': error('tools'),
  };
}

function tracesOf(files: Awaited<ReturnType<typeof sortFiles>>): AsyncIterable<SessionTrace> {
  return readSessions(files, { seen: createSeenCalls(), tally: createImportTally() });
}

/** Logs of real clients lie in `samples` beside the data folder. */
async function clientLogs({ dataDir, print, signal }: SuiteContext): Promise<Readonly<Record<string, Figure>>> {
  const folder = path.join(dataDir ?? '', '../samples');
  if (!existsSync(folder)) {
    print('Logs of clients: left out, because there is no samples folder beside the data folder.\n');
    return {};
  }
  const logs = await gatherLogs({ paths: [folder], home: '/', env: {}, cwd: '/' });
  const { report, tally } = await replayFiles(logs, {
    catalog: loadCatalog(),
    pool: [],
    policies: [],
    optimum: 'off',
    timelineCount: 0,
    signal,
    onProgress: () => undefined,
  });
  print(clientTable(report));
  const { dropped, recorded } = report;
  const unknown = Object.values(dropped.unknownTypes).reduce((sum, count) => sum + count, 0);
  const count = (value: number, unit: string): Figure => ({ value, unit, n: recorded.callCount, label: 'measured' });
  return {
    'sessions.samples.lost_rows.count': count(dropped.malformedCount + dropped.oversizedCount, 'rows'),
    'sessions.samples.unknown_rows.count': count(unknown, 'rows'),
    'sessions.samples.unreadable_files.count': count(tally.unreadableCount, 'files'),
    'sessions.samples.without_usage.count': count(recorded.callsWithoutUsageCount, 'calls'),
    'sessions.samples.missing_clients.count': count(9 - recorded.byClient.length, 'clients'),
  };
}

function clientTable({ recorded, dropped }: ReplayReport): string {
  const rows = recorded.byClient.map(
    (row) => `  ${row.client.padEnd(14)} ${row.sessionCount} sessions, ${row.callCount} calls`,
  );
  return `Logs of real clients\n${rows.join('\n')}\n  ${dropped.duplicateCallCount} copied calls counted once, ${dropped.syntheticCallCount} errors that a client made up left out\n`;
}
