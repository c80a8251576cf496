import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Environment } from '../../domain/environment.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { Figures } from '../../domain/figure.ts';
import { nearest } from '../../domain/nearest.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';

/** What `evals/run.ts` offers; the suites come with the repository and not with the package. */
interface EvalRunner {
  suiteNames(): readonly string[];
  findDataDir(given: string | undefined, env: Environment): string | undefined;
  runSuites(options: {
    readonly names: readonly string[];
    readonly dataDir: string | undefined;
    readonly quick: boolean;
    readonly full: boolean;
    readonly accept: boolean;
    readonly signal: AbortSignal;
    readonly print: (text: string) => void;
    readonly progress: (text: string) => void;
  }): Promise<{
    readonly figures: Figures;
    readonly ranCount: number;
    readonly skippedCount: number;
    readonly regressions: readonly string[];
  }>;
}

export const command: CliCommand = {
  name: 'eval',
  usage: '[SUITE…] [--data DIR] [--json FILE] [--quick] [--full] [--accept] [--list]',
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      accept: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const runner = await loadRunner();
  const known = runner.suiteNames();
  if (known.length === 0) throw new PointsmanError('not-found', 'No suite was found in evals/suites.');
  if (values.list) {
    io.stdout(`${known.join('\n')}\n`);
    return EXIT.ok;
  }
  checkNames(positionals, known);
  checkData(values.data);
  const result = await runner.runSuites({
    names: positionals,
    dataDir: runner.findDataDir(values.data, io.env),
    quick: values.quick,
    full: values.full,
    accept: values.accept,
    signal: io.signal,
    print: io.stdout,
    progress: io.stderr,
  });
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result.figures, undefined, 2)}\n`);
  const { ranCount, skippedCount, regressions } = result;
  io.stdout(`\n${ranCount} suites ran, ${skippedCount} skipped, ${regressions.length} regressions\n`);
  if (io.signal.aborted) return EXIT.interrupted;
  return regressions.length > 0 ? EXIT.failed : EXIT.ok;
}

async function loadRunner(): Promise<EvalRunner> {
  const file = path.resolve(import.meta.dirname, '../../../evals/run.ts');
  if (!existsSync(file)) {
    throw new PointsmanError('not-found', 'The suites are not in the installed package.', {
      hint: 'Clone the repository and run "npm run eval" there.',
    });
  }
  return (await import(pathToFileURL(file).href)) as EvalRunner;
}

function checkNames(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw new PointsmanError('request-invalid', `No suite is called "${unknown}".`, {
    hint: near[0] === undefined ? `There are: ${known.join(', ')}.` : `Did you mean "${near[0]}"?`,
  });
}

function checkData(folder: string | undefined): void {
  if (folder === undefined || existsSync(folder)) return;
  throw new PointsmanError('request-invalid', `The data folder ${folder} does not exist.`);
}
