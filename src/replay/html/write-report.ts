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
  const entry = createRequire(import.meta.url).resolve('chart.js');
  const library = await readFile(path.join(path.dirname(entry), 'chart.umd.min.js'), 'utf8');
  try {
    await writeFile(file, reportPage(report, library));
  } catch (cause) {
    throw new PointsmanError('record-unwritable', `Cannot write the report to ${file}.`, {
      cause,
      hint: 'Name a file in a folder that exists and that you may write to.',
    });
  }
}
