import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Figures } from '../../src/domain/figure.ts';

/** A file `*.bench.ts` beside this one exports `run`, which measures and returns named figures. */
interface BenchModule {
  run(): Promise<Figures>;
}

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .filter((file) => positionals.length === 0 || positionals.includes(file.replace('.bench.ts', '')))
  .sort();
if (files.length === 0) throw new Error(`No benchmark is called ${positionals.join(', ')}`);

const figures: Record<string, Figures[string]> = {};
for (const file of files) {
  const module = (await import(path.join(import.meta.dirname, file))) as BenchModule;
  process.stderr.write(`${file.replace('.bench.ts', '')} …\n`);
  for (const [name, figure] of Object.entries(await module.run())) {
    figures[name] = figure;
    const against =
      figure.against === undefined
        ? ''
        : `   against ${format(figure.against)} (×${format(figure.value / figure.against)})`;
    process.stdout.write(`${name.padEnd(44)} ${format(figure.value).padStart(12)} ${figure.unit}${against}\n`);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
