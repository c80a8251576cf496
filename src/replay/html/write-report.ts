import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import type { ReplayReport } from '../report/replay-report.ts';
import { reportPage } from './page.ts';

/**
 * Writes the report as one HTML file that needs nothing else.
 * @throws PointsmanError `record-unwritable` when the file cannot be written.
 */
export async function writeReportPage(report: ReplayReport, file: string): Promise<void> {
  const library = await readFile(chartFile(), 'utf8');
  try {
    await writeFile(file, reportPage(report, library));
  } catch (cause) {
    throw new PointsmanError('record-unwritable', `Cannot write the report to ${file}.`, {
      cause,
      hint: 'Name a file in a folder that exists and that you may write to.',
    });
  }
}

const CHART_FILE = 'chart.umd.min.js';

/** In the published package it lies beside our own code; a clone has the package it comes from. */
function chartFile(): string {
  const shipped = path.resolve(import.meta.dirname, '../../vendor', CHART_FILE);
  if (existsSync(shipped)) return shipped;
  return path.join(path.dirname(createRequire(import.meta.url).resolve('chart.js')), CHART_FILE);
}
