import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { userDataDir } from '../../trust/user-folders.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { namedOrLatestJob } from '../jobs/latest-job.ts';
import { jsonText } from '../text/json-text.ts';

/** Stands for standard output, as elsewhere on the command line. */
const STDOUT = '-';

export const command: CliCommand = {
  name: 'export',
  usage: '[JOB] [--out FILE|-] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    const [named] = positionals;
    if (positionals.length > 1) {
      throw new PointsmanError('request-invalid', 'One job is expected, or none for the latest.', {
        hint: 'See pointsman jobs.',
      });
    }
    if (values.out === STDOUT && values.json) {
      throw new PointsmanError('request-invalid', '"--out -" prints JSON lines, and --json one JSON value.', {
        hint: 'Leave one of them out.',
      });
    }
    const { id, lines } = await withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman) => {
      const job = await namedOrLatestJob(pointsman, named, io);
      const read: string[] = [];
      for await (const line of pointsman.exportJob(job)) read.push(line);
      return { id: job, lines: read };
    });
    if (values.out === STDOUT) {
      io.stdout(lines.join(''), 'verbatim');
      return EXIT.ok;
    }
    const file = fileFor(io, id, values.out);
    write(file, lines.join(''));
    // The first line names the format.
    const recordCount = lines.length - 1;
    const report = { jobId: id, file, recordCount };
    io.stdout(
      values.json
        ? jsonText('export', report)
        : `Wrote ${recordCount} records of ${id} to ${file}.\n${values.out === undefined ? 'pointsman replay finds them there.' : `Price them: pointsman replay ${file}`}\n`,
    );
    return EXIT.ok;
  },
};

/** Where replay looks for our own records, unless another place is named. */
function fileFor(io: CommandIo, id: string, out: string | undefined): string {
  if (out !== undefined && out.trim() !== '') return path.resolve(io.cwd, out);
  const dir = userDataDir(io.env);
  if (out === undefined && dir !== undefined) return path.join(dir, 'exports', `${id}.jsonl`);
  throw new PointsmanError('request-invalid', 'There is no place to write to.', {
    hint: 'Name a file with --out FILE, or print with "--out -".',
  });
}

/** Whole or not at all, and readable by its owner alone: records hold what models said. */
function write(file: string, text: string): void {
  const draft = `${file}.${process.pid}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
  } catch (cause) {
    discard(draft);
    throw new PointsmanError('record-unwritable', `The export cannot be written to ${file}.`, {
      cause,
      hint: 'Name another file with --out.',
    });
  }
}

/** There may be no draft yet, nor a folder that it could be in. */
function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // What could not be written is told.
  }
}
