import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Figures } from '../../src/domain/figure.ts';
import { canMeasureProcesses } from './gateway-load.ts';
import { brokenGuards } from './quick-guard.ts';

/** A file `*.bench.ts` beside this one exports `run`, which measures and returns named figures. */
interface BenchModule {
  run(): Promise<Figures>;
}

/** What `--quick` measures, in a minute: a figure past its guard fails the run. */
const QUICK = ['gateway-decided', 'gateway-transcript'];

const options = { json: { type: 'string' }, quick: { type: 'boolean', default: false } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
if (values.quick) {
  positionals.push(...QUICK);
  process.env['POINTSMAN_BENCH_CALLS'] ??= '30';
  process.env['POINTSMAN_BENCH_SECONDS'] ??= '2';
}
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''))
  .filter((name) => positionals.length === 0 || positionals.includes(name))
  .sort();
const unknown = positionals.filter((name) => !names.includes(name));
if (names.length === 0 || unknown.length > 0) throw new Error(`No benchmark is called ${unknown.join(', ')}`);

const [only, second] = names;
const figures = only !== undefined && second === undefined ? await measure(only) : measureApart(names);
if (values.quick && canMeasureProcesses()) {
  const broken = brokenGuards(figures);
  for (const sentence of broken) process.stderr.write(`${sentence}\n`);
  if (broken.length > 0) process.exitCode = 1;
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);

async function measure(name: string): Promise<Figures> {
  const module = (await import(path.join(import.meta.dirname, `${name}.bench.ts`))) as BenchModule;
  process.stderr.write(`${name} …\n`);
  const measured = await module.run();
  for (const [figure, { value, unit, against }] of Object.entries(measured)) {
    const beside = against === undefined ? '' : `   against ${format(against)} (×${format(value / against)})`;
    process.stdout.write(`${figure.padEnd(44)} ${format(value).padStart(12)} ${unit}${beside}\n`);
  }
  return measured;
}

/** Each in a process of its own: one's memory and compiled code are not another's. */
function measureApart(all: readonly string[]): Figures {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  try {
    const measured = all.map((name) => {
      const json = path.join(folder, `${name}.json`);
      const child = spawnSync(process.execPath, [import.meta.filename, name, '--json', json], { stdio: 'inherit' });
      if (child.status !== 0) throw new Error(`The benchmark ${name} failed`);
      return JSON.parse(readFileSync(json, 'utf8')) as Figures;
    });
    return Object.assign({}, ...measured) as Figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
