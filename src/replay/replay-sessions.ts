import { homedir } from 'node:os';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { type At, DAY_MS } from '../domain/time.ts';
import { loadPolicies } from '../policy/load-policies.ts';
import { createFolderGate } from '../trust/folder-gate.ts';
import { choosePolicies } from './choose-policies.ts';
import { gatherLogs } from './gather-logs.ts';
import { stepsReading } from './pricing/recorded-steps-reader.ts';
import { replayFiles } from './replay-files.ts';
import { defaultReplayPool } from './replay-pool.ts';

export interface ReplaySessionsRequest {
  /** Files or folders; absent: the logs that clients keep on this machine. */
  readonly paths?: readonly string[] | undefined;
  /** Policies to price, by id or name; absent: the general ones and every rival's rule. */
  readonly policies?: readonly string[] | undefined;
  /** Only sessions of the last so many days. */
  readonly sinceDays?: number | undefined;
}

export interface ReplaySessionsOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number | undefined, text: string) => void;
}

/** The machine that is searched and the configuration that counts. Absent: this process's own. */
export interface ReplayWorld {
  readonly cwd: string;
  readonly env: Environment;
  readonly home: string;
  readonly now: At;
}

/**
 * A replay for programs: the report as plain JSON without prompt text, call-by-call timelines and curves, and without the
 * places on the disk that it was read from.
 * @throws PointsmanError `not-found` for no logs or an unknown policy, `request-invalid`, `aborted`, and what loading a
 *   configuration throws
 */
export async function replaySessions(
  request: ReplaySessionsRequest,
  options: ReplaySessionsOptions,
  world: ReplayWorld = { cwd: process.cwd(), env: process.env, home: homedir(), now: Date.now() },
): Promise<JsonObject> {
  const { sinceDays } = request;
  if (sinceDays !== undefined && !(sinceDays > 0)) {
    throw new PointsmanError('request-invalid', `sinceDays must be a positive number; it is ${sinceDays}.`);
  }
  const config = loadConfig({ cwd: world.cwd, env: world.env, gate: createFolderGate({ env: world.env }) });
  const catalog = loadCatalog(config.models);
  const policies = choosePolicies({
    names: request.policies ?? [],
    withRivals: false,
    withDial: false,
    loaded: loadPolicies(catalog, config.policyDirs, config.seenFiles),
    catalog,
    cwd: world.cwd,
  });
  const pool = defaultReplayPool(config, catalog);
  const logs = await gatherLogs({ paths: request.paths ?? [], ...world });
  const { report, tally, wasStopped } = await replayFiles(logs, {
    catalog,
    pool: pool.models,
    policies,
    reading: stepsReading(world.env),
    timelineCount: 0,
    ...(sinceDays === undefined ? {} : { sinceAt: world.now - sinceDays * DAY_MS }),
    signal: options.signal,
    onProgress: ({ readBytes, allBytes, sessionCount }) =>
      options.onProgress(Math.min(readBytes, allBytes), allBytes, `${sessionCount} sessions priced`),
  });
  if (wasStopped) throw new PointsmanError('aborted', 'The replay was stopped');
  const { costOverTime: _curves, timelines: _timelines, ...rest } = report;
  return JSON.parse(
    JSON.stringify({
      ...rest,
      poolWhy: pool.why,
      files: {
        readCount: logs.fileCount,
        unrecognisedCount: logs.files.unrecognised.length,
        unreadableCount: tally.unreadableCount,
      },
    }),
  ) as JsonObject;
}
