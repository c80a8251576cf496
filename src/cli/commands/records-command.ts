import { parseArgs } from 'node:util';
import { withRecords } from '../../app/keep-records.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { At } from '../../domain/time.ts';
import type { PruneResult, StoreSummary } from '../../recorder/retention.ts';
import { spanMs } from '../input/age.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { noteAct } from '../stores/note-act.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'records',
  usage: '[prune --older-than AGE [--dry-run]] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'older-than': { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const age = values['older-than'];
    checkWords(positionals, age !== undefined || values['dry-run']);
    const before = positionals.length === 0 ? undefined : beforeOf(age, Date.now());
    const config = loadConfig({ cwd: io.cwd, env: io.env, file: values.config, gate: await openFolderGate(io) });
    await withRecords(config, async (records) => {
      if (before === undefined) {
        show(io, values.json, (await records.summary()) ?? null, (summary) =>
          summary === null ? `Nothing is recorded yet: there is no ${records.place}.\n` : summaryText(summary, config),
        );
        return;
      }
      const dryRun = values['dry-run'];
      const result = await records.prune({ before, dryRun, signal: io.signal });
      if (!dryRun) await note(io, config, { place: records.place, before, result });
      const isFile = config.store.kind === 'sqlite';
      show(io, values.json, { before, dryRun, ...result }, () => pruneText(result, { before, dryRun, isFile }));
    });
    return EXIT.ok;
  },
};

interface Removed {
  readonly place: string;
  readonly before: At;
  readonly result: PruneResult;
}

async function note(io: CommandIo, { store }: Config, { place, before, result }: Removed): Promise<void> {
  const { jobCount, stepCount, callCount } = result;
  if (jobCount + stepCount + callCount === 0) return;
  const detail = { before: minuteOf(before), jobs: jobCount, steps: stepCount, calls: callCount };
  await noteAct(io, { store, gate: await openFolderGate(io) }, { act: 'records-removed', subject: place, detail });
}

function checkWords(words: readonly string[], hasPruneOptions: boolean): void {
  const [action, ...rest] = words;
  const odd = action === undefined || action === 'prune' ? rest[0] : action;
  if (odd !== undefined) throw usage(`"pointsman records" does not take "${odd}".`);
  if (action === undefined && hasPruneOptions) {
    throw usage('--older-than and --dry-run are of "pointsman records prune".');
  }
}

/** @throws PointsmanError `request-invalid` */
function beforeOf(age: string | undefined, now: At): At {
  if (age === undefined) throw usage('Pruning needs --older-than, such as --older-than 30d.');
  const span = spanMs(age);
  if (span === undefined) throw usage(`--older-than takes a span such as 36h, 30d or 4w; "${age}" is none.`);
  if (span > 0) return now - span;
  throw usage(`--older-than takes more than nothing; "${age}" would remove what is being written.`);
}

function usage(message: string): PointsmanError {
  return new PointsmanError('request-invalid', message, { hint: 'See "pointsman records --help".' });
}

function show<Value>(io: CommandIo, json: boolean, value: Value, text: (value: Value) => string): void {
  io.stdout(json ? jsonText('records', value) : text(value));
}

function summaryText(
  summary: StoreSummary,
  { keepRecordsDays, store }: Pick<Config, 'keepRecordsDays' | 'store'>,
): string {
  const { jobCount, unfinishedJobCount, oldestAt } = summary;
  const isFile = store.kind === 'sqlite';
  const rows = [
    [isFile ? 'file' : 'at', summary.file],
    ['size', `${sizeText(summary.sizeBytes)}${isFile ? `, of it ${sizeText(summary.freeBytes)} free` : ''}`],
    ['jobs', `${jobCount}${unfinishedJobCount === 0 ? '' : `, ${unfinishedJobCount} of them not finished`}`],
    ['steps', String(summary.stepCount)],
    ['calls', String(summary.callCount)],
    ['outcomes', String(summary.outcomeCount)],
    ['oldest', oldestAt === undefined ? 'none' : minuteOf(oldestAt)],
    ['kept', keepRecordsDays === undefined ? 'for ever' : `${keepRecordsDays} days`],
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(8)}  ${value}\n`).join('');
}

interface Pruned {
  readonly before: At;
  readonly dryRun: boolean;
  readonly isFile: boolean;
}

function pruneText(result: PruneResult, { before, dryRun, isFile }: Pruned): string {
  const { jobCount, stepCount, callCount, freedBytes, shrinks } = result;
  const what = `${stepCount} steps, ${callCount} calls and ${jobCount} jobs from before ${minuteOf(before)} UTC`;
  const kept =
    'Reported outcomes and their steps, unfinished jobs and the 100 newest ones stay: routing learns from them. What is gone can no longer be explained or trained on.\n';
  if (dryRun) return `Would remove ${what}. Nothing was changed.\n${kept}`;
  const room = shrinks
    ? `the file is ${sizeText(freedBytes)} smaller`
    : `their room is used again${isFile ? '; a file made by an older version does not become smaller' : ''}`;
  return `Removed ${what}; ${room}.\n${kept}`;
}

function minuteOf(at: At): string {
  return new Date(Math.max(at, 0)).toISOString().slice(0, 16).replace('T', ' ');
}

function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1000)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
