import { parseArgs } from 'node:util';
import { z } from 'zod';
import { withRecords } from '../../app/keep-records.ts';
import { openViewsOf } from '../../app/open-views.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { DecisionId } from '../../domain/ids.ts';
import { jsonIn } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import { frontierOf } from '../../orchestrator/job/counterfactual.ts';
import { DEFAULT_ASSUMPTIONS } from '../../replay/simulation/assumptions.ts';
import { createRecordedModels } from '../../replay/simulation/recorded-models.ts';
import { callsOfLog } from '../../spend/calls-of-logs.ts';
import { callOfRecord } from '../../spend/calls-of-records.ts';
import { sessionLine, sessionLineText, type KnownCalls } from '../../spend/session-line.ts';
import type { SpentCall } from '../../spend/spent-call.ts';
import { shownLine } from '../../trust/shown.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { jsonText } from '../text/json-text.ts';
import { nextCalls } from './next-calls.ts';
import { readTranscript } from './session-log.ts';

export const command: CliCommand = {
  name: 'statusline',
  usage: '[SESSION] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    // It stands under every prompt: a folder that brings something is not asked about here, and is not used.
    const settings = await loadSettings({ ...io, ask: undefined, stderr: () => undefined }, values.config);
    const asked = positionals[0] === undefined ? await unnamed(settings, io) : { session_id: positionals[0] };
    const { decisionId, ...known } = await callsOfSession(asked, settings, io);
    const line = sessionLine(known, ablestOf(known.calls, settings));
    const next = known.mayLackOlder ? undefined : nextCalls(known.calls, settings.catalog.models);
    if (values.json)
      io.stdout(jsonText('statusline', line === undefined ? null : { ...line, decisionId, nextCalls: next }));
    // A harness shows its first line alone.
    else io.stdout(`${line === undefined ? noCallText(known) : shownLine(sessionLineText(line))}\n`, 'verbatim');
    return EXIT.ok;
  },
};

function noCallText({ mayLackOlder }: KnownCalls): string {
  return mayLackOlder ? 'pointsman: no recent call' : 'pointsman: no call yet';
}

/** What Claude Code writes to the standard input of a status line; the rest of it is not needed. Docs: code.claude.com, statusline, 2026-11. */
const inputSchema = z.object({ session_id: z.string(), transcript_path: z.string().optional() });
type Asked = z.infer<typeof inputSchema>;

/** What a harness hands in; at a terminal, where nothing is handed in, the latest session that is recorded. */
async function unnamed(settings: Settings, io: CommandIo): Promise<Asked> {
  if (io.readInput !== undefined) return askedOnInput(io);
  const { views, close } = await openViewsOf(settings.config.store);
  try {
    const [latest] = await views.sessions({}, { limit: 1, offset: 0 });
    if (latest === undefined) {
      throw new PointsmanError('not-found', 'No session is recorded yet.', {
        hint: 'Name one of a log, as in: pointsman statusline SESSION. The ids: pointsman spend --by session.',
      });
    }
    io.stderr(`The latest session, ${shownLine(latest.sessionId)}\n`);
    return { session_id: latest.sessionId };
  } finally {
    await close();
  }
}

async function askedOnInput(io: CommandIo): Promise<Asked> {
  const parsed = inputSchema.safeParse(jsonIn((await io.readInput?.()) ?? ''));
  if (parsed.success) return parsed.data;
  throw new PointsmanError(
    'request-invalid',
    'A session is expected: its id, or what Claude Code writes to a status line.',
    {
      hint: 'As in: pointsman statusline SESSION. The ids: pointsman spend --by session.',
    },
  );
}

/** With the latest decision, which `explain` explains; a harness's own log knows of none. */
type FoundCalls = KnownCalls & { readonly decisionId?: DecisionId | undefined };

/** What went through the gateway; where nothing did, what the harness's own log says. */
async function callsOfSession(asked: Asked, settings: Settings, io: CommandIo): Promise<FoundCalls> {
  const { calls, mayLackOlder } = await withRecords(settings.config, (records) =>
    records.callsOfSession(asked.session_id),
  );
  const recorded = calls.flatMap((call) => {
    const spent = callOfRecord({ call, workspace: undefined });
    return spent === undefined ? [] : [spent];
  });
  return recorded.length > 0 || asked.transcript_path === undefined
    ? {
        calls: recorded,
        mayLackOlder,
        decisionId: calls.findLast(({ gateway }) => gateway !== undefined)?.gateway?.decisionId,
      }
    : { calls: await loggedCalls(asked.transcript_path, settings, io), mayLackOlder: false };
}

async function loggedCalls(file: string, settings: Settings, io: CommandIo): Promise<readonly SpentCall[]> {
  const models = createRecordedModels(settings.catalog, DEFAULT_ASSUMPTIONS);
  return (await readTranscript(file, io.signal, 'claude-code')).flatMap((session) => callsOfLog(session, models));
}

/** The ablest of the models that the session used; one alone is compared with nothing. */
function ablestOf(calls: readonly SpentCall[], { catalog }: Settings): Model | undefined {
  const used = [...new Set(calls.map((call) => call.model))].flatMap((id) =>
    catalog.models.filter((model) => model.id === id),
  );
  return used.length > 1 ? frontierOf(used) : undefined;
}
