import { stripVTControlCharacters } from 'node:util';
import type { Ms } from '../../domain/time.ts';

/** What came of a command. */
export interface CommandReport {
  /** `undefined`: it did not end by itself. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Why it was made to end. */
  readonly ended: 'timeout' | 'aborted' | undefined;
  /** Why it could not be started. */
  readonly failure: string | undefined;
  readonly durationMs: Ms;
  /** Bounded: head and tail, with a line that says how much was cut. */
  readonly stdout: string;
  readonly stderr: string;
}

/** True only for an exit code of 0. */
export function isSuccess(report: Pick<CommandReport, 'exitCode' | 'ended' | 'failure'>): boolean {
  return report.exitCode === 0 && report.ended === undefined && report.failure === undefined;
}

/** The report as a model reads it. The first line says how it ended and can be read back by `readCommandStatus`. */
export function formatCommandReport(report: CommandReport): string {
  const parts = [statusLine(report)];
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = stripVTControlCharacters(report[stream]).trimEnd();
    if (text !== '') parts.push(`--- ${stream} ---\n${text}`);
  }
  if (parts.length === 1) parts.push('(no output)');
  return parts.join('\n');
}

function statusLine(report: CommandReport): string {
  if (report.failure !== undefined) return `could not start: ${report.failure}`;
  if (report.ended === 'timeout') return `stopped at the time limit after ${report.durationMs} ms`;
  if (report.ended === 'aborted') return `cancelled after ${report.durationMs} ms`;
  if (report.exitCode === undefined) return `ended by ${report.signal ?? 'a signal'} after ${report.durationMs} ms`;
  return `exit code ${report.exitCode} after ${report.durationMs} ms`;
}

/** How a command of our runner ended, from the text of its tool result; `undefined` for any other text. */
export function readCommandStatus(
  text: string,
): { readonly exitCode: number | undefined; readonly durationMs: Ms } | undefined {
  const exit = /^exit code (\d+) after (\d+) ms(?:\n|$)/u.exec(text);
  if (exit !== null) return { exitCode: Number(exit[1]), durationMs: Number(exit[2]) };
  const other = /^(?:stopped at the time limit|cancelled|ended by \w+) after (\d+) ms(?:\n|$)/u.exec(text);
  return other === null ? undefined : { exitCode: undefined, durationMs: Number(other[1]) };
}
