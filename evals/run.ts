import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure, Figures } from '../src/domain/figure.ts';
import { compare, toAccepted, type Verdict } from './compare.ts';
import type { Suite, SuiteResult } from './suite.ts';

export interface RunOptions {
  /** Names of suites; none: all. */
  readonly names: readonly string[];
  readonly dataDir: string | undefined;
  readonly quick: boolean;
  readonly full: boolean;
  /** Write the figures as the new baseline of each suite that ran. */
  readonly accept: boolean;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  readonly progress: (text: string) => void;
}

export interface RunResult {
  readonly figures: Figures;
  readonly ranCount: number;
  readonly skippedCount: number;
  readonly regressions: readonly string[];
}

const SUITES = path.join(import.meta.dirname, 'suites');
const BASELINES = path.join(import.meta.dirname, 'baselines');

export function suiteNames(): readonly string[] {
  return readdirSync(SUITES)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.replace(/\.ts$/u, ''))
    .sort();
}

/** The data folder: as given, else `POINTSMAN_DATA`, else `../shared/data` beside the clone. */
export function findDataDir(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const candidates = [given, env['POINTSMAN_DATA'], path.resolve(import.meta.dirname, '../../shared/data')];
  const found = candidates.find((folder) => folder !== undefined && existsSync(folder));
  return found === undefined ? undefined : path.resolve(found);
}

/** Runs suites one after the other, prints what each says, and holds its figures against the last accepted ones. */
export async function runSuites(options: RunOptions): Promise<RunResult> {
  const figures: Record<string, Figure> = {};
  const regressions: string[] = [];
  let ranCount = 0;
  let skippedCount = 0;
  for (const name of options.names.length === 0 ? suiteNames() : options.names) {
    if (options.signal.aborted) break;
    const result = await runSuite(name, options);
    // What was stopped measured a part of what its figures would say.
    if (options.signal.aborted) {
      options.print(`\n${name}: stopped before its end; it has no figures.\n`);
      break;
    }
    if (result.kind === 'skipped') {
      skippedCount += 1;
      options.print(`\n${name}: skipped: ${result.why}. ${result.hint}\n`);
      continue;
    }
    ranCount += 1;
    Object.assign(figures, result.figures);
    options.print(figureTable(result.figures));
    const verdicts = compare(result.figures, readBaseline(name, options.quick));
    for (const verdict of verdicts) options.print(`${verdictLine(verdict)}\n`);
    regressions.push(...verdicts.filter((verdict) => verdict.kind === 'worse').map((verdict) => verdict.name));
    if (options.accept) writeBaseline(name, options.quick, result.figures);
  }
  return { figures, ranCount, skippedCount, regressions };
}

async function runSuite(name: string, options: RunOptions): Promise<SuiteResult> {
  const module = (await import(path.join(SUITES, `${name}.ts`))) as { readonly suite: Suite };
  options.print(`\n${module.suite.name}: ${module.suite.summary}\n`);
  const print = (text: string): void => options.print(text.endsWith('\n') ? text : `${text}\n`);
  return module.suite.run({ ...options, print });
}

/** Small samples give other figures than whole ones, so that they are held against accepted figures of their own. */
function baselineFile(name: string, isQuick: boolean): string {
  return path.join(BASELINES, ...(isQuick ? ['quick'] : []), `${name}.json`);
}

/** The accepted figures of a suite; none: `{}`. */
export function readBaseline(name: string, isQuick: boolean): Figures {
  const file = baselineFile(name, isQuick);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Figures) : {};
}

function writeBaseline(name: string, isQuick: boolean, figures: Figures): void {
  const file = baselineFile(name, isQuick);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(toAccepted(figures), undefined, 2)}\n`);
}

function figureTable(figures: Figures): string {
  const rows = Object.entries(figures).map(([name, figure]) => {
    const range =
      figure.low === undefined || figure.high === undefined ? '' : ` [${short(figure.low)}, ${short(figure.high)}]`;
    const against = figure.against === undefined ? '' : `  against ${short(figure.against)}`;
    return `  ${name.padEnd(60)} ${short(figure.value).padStart(9)} ${figure.unit}${range}${against}  ${figure.label}`;
  });
  return `${rows.join('\n')}\n`;
}

function verdictLine(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'worse':
      return `  REGRESSION ${verdict.name}: ${short(verdict.value)}, accepted ${short(verdict.accepted)} [${short(verdict.low)}, ${short(verdict.high)}]`;
    case 'better':
      return `  better: ${verdict.name}: ${short(verdict.value)}, accepted ${short(verdict.accepted)}; --accept keeps it`;
    case 'missing':
      return `  missing: ${verdict.name} was accepted at ${short(verdict.accepted)} and is not reported any more`;
  }
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 1 ? 4 : 2);
}
