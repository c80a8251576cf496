/**
 * Walks the README as a newcomer, as somebody who installed the package and as somebody with a clone, and puts pointsman beside ccusage and
 * claude-code-router. `--write` puts what was seen into docs/first-afternoon.md; `--bounded` fetches nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../src/testing/internal/newcomer/copy-of-tree.ts';
import { DEFECTS } from './afternoon/defects.ts';
import { NOT_TYPED } from './afternoon/readme-steps.ts';
import { sideBySide, type FirstMinute } from './afternoon/side-by-side.ts';
import { walkAsCloner, walkAsNpmUser, type Typed } from './afternoon/walk.ts';
import { installPackage } from './installed-package.ts';

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, bounded: { type: 'boolean', default: false } },
});
const installed = installPackage();
try {
  const typed = [...(await walkAsNpmUser(installed)), ...(await walkAsCloner(!values.bounded))];
  const beside = values.bounded ? [] : await sideBySide(installed);
  const text = [
    conditions(),
    '',
    `Installing the package from its tarball, without the optional encoder: ${installed.installSeconds.toFixed(1)} s, ${megabytes(installed.installedBytes)} MB.`,
    '',
    table(['who', 'line', 's', 'lines', 'widest'], typed.map(rowOf)),
    '',
    notTyped(),
    '',
    `${DEFECTS.length} defects that newcomers once met are each held by tests (\`evals/sight/afternoon/defects.ts\`).`,
    ...(beside.length === 0
      ? []
      : [
          '',
          table(
            ['tool', 'install s', 'install MB', 'first command', 'answer s', 'lines', 'widest'],
            beside.map(besideOf),
          ),
        ]),
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (values.write) writePage(text);
  const faults = typed.filter(({ fault }) => fault !== undefined);
  for (const { line, fault } of faults) process.stderr.write(`✗ ${line}: ${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  installed.remove();
}

function notTyped(): string {
  const lines = Object.entries(NOT_TYPED).map(([line, why]) => `\`${line}\` (${why})`);
  return `Not typed: ${lines.join('; ')}.`;
}

function conditions(): string {
  const date = new Date().toISOString().slice(0, 10);
  const load = Math.round(os.loadavg()[1] ?? 0);
  return `Seen on ${date}, Linux, ${os.cpus().length} cores with a load of ${load}, Node ${process.version.slice(1)}: hold times against each other.`;
}

function rowOf({ who, line, seconds, lineCount, widest, fault, skipped }: Typed): readonly string[] {
  const state = fault === undefined ? '' : ' ✗';
  if (skipped !== undefined) return [who, `\`${line}\``, 'not tried', '', ''];
  return [who, `\`${line}\`${state}`, seconds.toFixed(1), String(lineCount), String(widest)];
}

function besideOf(row: FirstMinute): readonly string[] {
  const { tool, installSeconds, installMb, command, answerSeconds, lineCount, widest } = row;
  return [
    tool,
    installSeconds.toFixed(1),
    installMb.toFixed(0),
    `\`${command}\``,
    answerSeconds.toFixed(2),
    String(lineCount),
    String(widest),
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** Between its marks. */
function writePage(text: string): void {
  const file = path.join(ROOT, 'docs', 'first-afternoon.md');
  const page = readFileSync(file, 'utf8');
  const [before, after] = [page.indexOf('<!-- seen -->'), page.indexOf('<!-- /seen -->')];
  writeFileSync(file, `${page.slice(0, before)}<!-- seen -->\n\n${text}\n\n${page.slice(after)}`);
}
