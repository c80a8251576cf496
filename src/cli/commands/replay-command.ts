import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { choosePolicies } from '../../replay/choose-policies.ts';
import { gatherLogs } from '../../replay/gather-logs.ts';
import { writeReportPage } from '../../replay/html/write-report.ts';
import { bestOfOurs, hasPricedCalls } from '../../replay/our-policies.ts';
import { stepsReading } from '../../replay/pricing/recorded-steps-reader.ts';
import { estimateReplay, replayFiles, type ReplayFilesOptions } from '../../replay/replay-files.ts';
import { defaultReplayPool, type ReplayPool } from '../../replay/replay-pool.ts';
import { counted } from '../../replay/report/amounts.ts';
import type { ReplayReport } from '../../replay/report/replay-report.ts';
import { shownLines } from '../../trust/shown.ts';
import { savedCertificates } from '../dial/saved-certificates.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { logShelf } from '../input/log-shelf.ts';
import { poolNamed } from '../input/model-pool.ts';
import { parseReplayArguments, type ReplayArguments } from '../input/replay-arguments.ts';
import { keepHeapSmall } from '../input/small-heap.ts';
import { savedCertificateLine } from '../text/certificate-text.ts';
import { jsonText } from '../text/json-text.ts';
import { createReplayProgress } from '../text/replay-progress.ts';
import { foundText, reportText, savingText, workText } from '../text/replay-text.ts';

export const command: CliCommand = {
  name: 'replay',
  usage:
    '[PATH…] [--from CLIENT] [--policy ID|FILE|RIVAL]… [--rivals] [--pool all|ready|NAME|ID,ID…] [--since 30d] [--html FILE] [--json[=FILE]] [--fail-under RATIO] [--no-dial] [--no-optimum] [--no-cache] [--with-text] [--config FILE]',
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const given = parseReplayArguments(args, Date.now());
  const jsonFile = typeof given.json === 'object' ? given.json.file : undefined;
  for (const file of [given.html, jsonFile]) if (file !== undefined) checkWritable(path.resolve(io.cwd, file));
  const settings = await loadSettings(io, given.configFile);
  const pool = choosePool(given.pool, settings);
  const policies = choosePolicies({
    names: given.policies,
    withRivals: given.withRivals,
    withDial: given.withDial,
    loaded: settings.policies,
    catalog: settings.catalog,
    cwd: io.cwd,
  });
  const logs = await gatherLogs({
    paths: given.paths,
    from: given.from,
    home: io.env['HOME'] ?? homedir(),
    env: io.env,
    cwd: io.cwd,
  });
  keepHeapSmall();
  io.stderr(foundText(logs, pool));
  const progress = createReplayProgress(io);
  const options: ReplayFilesOptions = {
    catalog: settings.catalog,
    pool: pool.models,
    policies,
    reading: stepsReading(io.env),
    sinceAt: given.sinceAt,
    withText: given.withText,
    shelf: await logShelf(io.env, given.withCache),
    ...(given.withOptimum ? {} : { optimum: 'off' as const }),
    signal: io.signal,
    onProgress: progress.show,
  };
  io.stderr(workText(estimateReplay(logs, options), pool));
  const done = await replayFiles(logs, options);
  progress.clear();
  for (const { path: file, why } of done.tally.unreadable) io.stderr(`  ! ${file} could not be read: ${why}\n`);
  const { sessionCount } = done.report.recorded;
  if (done.wasStopped && sessionCount === 0) {
    io.stderr('Stopped before a session was priced: there is nothing to report.\n');
    return EXIT.interrupted;
  }
  await writeOut(await withProofs(done.report, settings, io), given, io);
  if (done.wasStopped) {
    io.stderr(`Stopped: the figures hold the ${counted(sessionCount, 'session')} priced so far.\n`);
    return EXIT.interrupted;
  }
  return verdict(done.report, given.failUnderRatio, io);
}

/** Beside the figures of its policies what was proved of them, so that nobody takes the one for the other. */
async function withProofs(report: ReplayReport, settings: Settings, io: CommandIo): Promise<ReplayReport> {
  const names = new Set(report.policies.map(({ name }) => name));
  const saved = await savedCertificates(settings, io);
  const own = saved.filter(({ policyId }) => names.has(policyId));
  return own.length === 0 ? report : { ...report, proved: own.map((saved) => savedCertificateLine(saved)) };
}

async function writeOut(report: ReplayReport, given: ReplayArguments, io: CommandIo): Promise<void> {
  const json = jsonText('replay', report);
  if (given.json === 'stdout') io.stdout(json);
  else io.stdout(shownLines(reportText(report)));
  if (given.json !== undefined && given.json !== 'stdout') {
    writeJson(path.resolve(io.cwd, given.json.file), json);
    io.stderr(`JSON: ${given.json.file}\n`);
  }
  if (given.html === undefined) return;
  if (!hasPricedCalls(report)) {
    io.stderr('No page was written, because there is nothing to draw.\n');
    return;
  }
  await writeReportPage(report, path.resolve(io.cwd, given.html));
  io.stderr(`Page: ${given.html}\n`);
}

/** Asked before the work, so that nobody waits for a report that cannot be kept. */
function checkWritable(file: string): void {
  try {
    accessSync(path.dirname(file), constants.W_OK);
  } catch (cause) {
    throw unwritable(file, cause);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw unwritable(file);
}

function writeJson(file: string, json: string): void {
  try {
    writeFileSync(file, json);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function unwritable(file: string, cause?: unknown): PointsmanError {
  return new PointsmanError('record-unwritable', `Cannot write the report to ${file}.`, {
    cause,
    hint: 'Name a file in a folder that exists and that you may write to.',
  });
}

function choosePool(name: string | undefined, settings: Settings): ReplayPool {
  if (name === undefined) return defaultReplayPool(settings.config, settings.catalog);
  const isList = name.includes(',') || settings.catalog.get(name) !== undefined;
  const models = isList ? name.split(',').map((id) => modelOf(id.trim(), settings)) : poolNamed(name, settings);
  if (models.length === 0) {
    throw new PointsmanError('not-found', `The pool "${name}" has no model.`, {
      hint: 'Set a key, use --pool all, or name models: --pool ID,ID.',
    });
  }
  return { models: [...new Set(models)], why: `--pool ${name}` };
}

function modelOf(id: string, { catalog }: Settings): ReplayPool['models'][number] {
  const model = catalog.get(id);
  if (model !== undefined) return model;
  const near = catalog.suggest(id)[0];
  throw new PointsmanError('not-found', `No model is called "${id}".`, {
    hint: near === undefined ? 'See "pointsman models".' : `Did you mean "${near}"?`,
  });
}

function verdict(report: ReplayReport, failUnderRatio: number | undefined, io: CommandIo): ExitCode {
  if (failUnderRatio === undefined) return EXIT.ok;
  io.stderr(savingText(report, failUnderRatio));
  const best = bestOfOurs(report);
  return best !== undefined && -best.costVsRecordedRatio >= failUnderRatio ? EXIT.ok : EXIT.failed;
}
