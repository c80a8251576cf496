import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { withRecords } from '../../app/keep-records.ts';
import { openViewsOf } from '../../app/open-views.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { DecisionId } from '../../domain/ids.ts';
import { jsonIn } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { harnessVerdicts } from '../../learn/harness-verdicts.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { CallRecord } from '../../recorder/record.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { userDataDir } from '../../trust/user-folders.ts';
import { whileLockedAsync } from '../../trust/user-lock.ts';
import { failureJson, failureLine } from '../error-line.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { jsonText } from '../text/json-text.ts';
import { compactionText, latestLogged, latestRecorded } from './compaction-advice.ts';
import { matchVerdicts, type JudgedDecision } from './match-verdicts.ts';
import { readTranscript } from './session-log.ts';
import { writeTemporary } from './temporary-file.ts';

/**
 * What a harness writes to the standard input of a hook; the rest of it is not needed. Docs, 2026-11: code.claude.com (hooks),
 * developers.openai.com/codex/hooks, geminicli.com/docs/hooks. Our plugin for opencode writes the same.
 */
const eventSchema = z.object({
  hook_event_name: z.string(),
  session_id: z.string(),
  transcript_path: z
    .string()
    .nullish()
    .transform((file) => file ?? undefined),
  /** The session as `opencode export` prints one. */
  transcript: z.looseObject({}).optional(),
});
type HookEvent = z.infer<typeof eventSchema>;

export const command: CliCommand = {
  name: 'hook',
  usage: '[--wait] [--json] [--config FILE]',
  async run(args, io) {
    // Nobody is there to be asked, and a folder that brings something is not used.
    const quiet = { ...io, ask: undefined, stderr: () => undefined };
    try {
      const { values } = parseArgs({
        args: [...args],
        options: {
          wait: { type: 'boolean', default: false },
          json: { type: 'boolean', default: false },
          config: { type: 'string' },
        },
      });
      const text = (await io.readInput?.()) ?? '';
      const event = parseEvent(text);
      if (event.hook_event_name === 'PreCompact') await adviseOnCompaction(event, values.config, { io, quiet });
      else if (values.wait || values.json) await reportOutcomes(event, values, { io, quiet });
      else await goOnBeside(args, text, io);
      return EXIT.ok;
    } catch (thrown) {
      // A hook that returns 2 holds the harness up. Nothing of ours is worth that.
      if (args.includes('--json')) io.stdout(failureJson('hook', thrown, io.env));
      io.stderr(failureLine(toPointsmanError(thrown, 'internal'), io.env));
      return EXIT.failed;
    }
  },
};

/** `quiet` says nothing of what it meets; `io` carries the answer. */
interface HookIo {
  readonly io: CommandIo;
  readonly quiet: CommandIo;
}

/** The person does not wait for our books: another process goes on, which outlives the harness. */
async function goOnBeside(args: readonly string[], input: string, { env, cwd }: CommandIo): Promise<void> {
  const [, program = ''] = process.argv;
  const child = spawn(process.execPath, [program, 'hook', '--wait', ...args], {
    cwd,
    env,
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  child.unref();
  await new Promise<void>((resolve) => child.stdin.end(input, resolve));
}

function parseEvent(text: string): HookEvent {
  const parsed = eventSchema.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new PointsmanError('request-invalid', 'What a harness writes to a hook is expected on standard input.', {
    hint: 'It is for the hooks of the plugins; docs/how-to/harness.md says how to install one.',
  });
}

/** Of a session that went through the gateway: its transcript says what came of the calls that the records know. */
async function reportOutcomes(
  event: HookEvent,
  { config, json }: { readonly config?: string | undefined; readonly json: boolean },
  { io, quiet }: HookIo,
): Promise<void> {
  const settings = await loadSettings(quiet, config);
  const sessions = await sessionsOf(event, io);
  const [session] = sessions;
  const verdicts = sessions.flatMap(harnessVerdicts);
  const calls = session === undefined || verdicts.length === 0 ? [] : await callsFor(event, session, settings);
  const judged = matchVerdicts(verdicts, calls);
  const reported =
    judged.length === 0 || session === undefined
      ? []
      : await recordNew(judged, { configFile: config, principal: `${session.client}-hook`, io: quiet });
  if (json) io.stdout(jsonText('hook', { sessionId: event.session_id, reported }));
}

/** What the harness says of the session: a file of its own, or, where it keeps none by itself, the newest part as its plugin sent it. */
async function sessionsOf(
  { transcript_path: file, transcript }: HookEvent,
  { signal }: CommandIo,
): Promise<readonly SessionTrace[]> {
  if (file !== undefined) return readTranscript(file, signal);
  if (transcript === undefined) return [];
  const copy = writeTemporary('pointsman-hook', 'transcript.json', JSON.stringify(transcript));
  try {
    return await readTranscript(copy.file, signal);
  } finally {
    copy.remove();
  }
}

async function callsOfSession(sessionId: string, { config }: Settings): Promise<readonly CallRecord[]> {
  return (await withRecords(config, (records) => records.callsOfSession(sessionId))).calls;
}

/** What the session's prompt is worth warm, just before it is replaced by a summary. */
async function adviseOnCompaction(
  event: HookEvent,
  configFile: string | undefined,
  { io, quiet }: HookIo,
): Promise<void> {
  const settings = await loadSettings(quiet, configFile);
  const recorded = latestRecorded(await callsOfSession(event.session_id, settings), settings.catalog);
  // With a subscription nothing came through the gateway: the harness's own log knows the prompt.
  const latest = recorded ?? latestLogged(await sessionsOf(event, io), settings.catalog);
  const systemMessage = latest === undefined ? undefined : compactionText(latest);
  if (systemMessage !== undefined) io.stdout(`${JSON.stringify({ systemMessage })}\n`, 'verbatim');
}

/** A harness that names no session in its calls has them known by itself alone, and by their time. */
const NEWEST_CALLS = 1000;

async function callsFor(
  { session_id: sessionId }: HookEvent,
  { client, threads }: SessionTrace,
  settings: Settings,
): Promise<readonly CallRecord[]> {
  const named = await callsOfSession(sessionId, settings);
  const sinceAt = threads.flatMap(({ calls }) => calls.flatMap(({ at }) => at ?? [])).toSorted((a, b) => a - b)[0];
  if (named.length > 0 || sinceAt === undefined) return named;
  const { views, close } = await openViewsOf(settings.config.store);
  try {
    const filter = { harness: client, sinceAt: sinceAt - MINUTE_MS };
    return (await views.calls(filter, { limit: NEWEST_CALLS })).map(({ call }) => call);
  } finally {
    await close();
  }
}

/** A hook comes again and again: what it said before is not said twice. */
const NEWEST_OUTCOMES = 1000;

interface Reporter {
  readonly configFile: string | undefined;
  /** Who says so, in the record of an outcome: one voice for each harness, whatever the hook. */
  readonly principal: string;
  readonly io: CommandIo;
}

/** One hook after the other: two may come at once when a session ends, and would each find nothing said. */
async function recordNew(
  verdicts: readonly JudgedDecision[],
  { configFile, principal, io }: Reporter,
): Promise<readonly JudgedDecision[]> {
  const dir = userDataDir(io.env);
  return withPointsman(io, { configFile, looksOnly: true, pings: false }, async (pointsman) => {
    const act = async (): Promise<readonly JudgedDecision[]> => recordFresh(pointsman, verdicts, principal);
    return dir === undefined ? act() : whileLockedAsync(dir, 'hook.lock', act);
  });
}

async function recordFresh(
  pointsman: Pointsman,
  verdicts: readonly JudgedDecision[],
  principal: string,
): Promise<readonly JudgedDecision[]> {
  const said = new Map<DecisionId, string>();
  for (const { decisionId, verdict, principal: by } of await pointsman.outcomes({ limit: NEWEST_OUTCOMES })) {
    if (by === principal && !said.has(decisionId)) said.set(decisionId, verdict);
  }
  const fresh = verdicts.filter(({ decisionId, verdict }) => said.get(decisionId) !== verdict);
  for (const outcome of fresh) await pointsman.recordOutcome({ ...outcome, principal });
  return fresh;
}
