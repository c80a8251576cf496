import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server';
import { toPointsmanError, type PointsmanError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { InputNeeded } from './dialog.ts';
import { reportFault } from './report-fault.ts';

/**
 * The same data twice: as `structuredContent` and as JSON text, because some clients show the model only the one and some
 * only the other (Claude Code 2.1 and Codex 0.169 the first, opencode 1.18 the second; seen 2026-11-21).
 */
export function structuredResult<Data extends Readonly<Record<string, unknown>>>(
  data: Data,
  textOf: (data: Data) => string = JSON.stringify,
): CallToolResult {
  return {
    content: [{ type: 'text', text: textOf(data) }],
    structuredContent: data,
  };
}

/**
 * A failure as a result that the model can read and act on: code, message, hint. A bug tells no details. Text only: clients
 * hold structured content against the tool's output schema even where `isError` is set (SDK 1.32), and would drop the error.
 */
function toErrorResult(log: Log, thrown: unknown): CallToolResult {
  const error = toPointsmanError(thrown);
  return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: errorData(log, error) }) }] };
}

function errorData(log: Log, error: PointsmanError): Record<string, unknown> {
  if (error.code === 'internal') {
    return {
      code: error.code,
      message: `${reportFault(log, error)} The job, if there is one, can be resumed by its id.`,
      retryable: false,
    };
  }
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}

/** Runs a tool's work and turns whatever it throws into a result. */
export async function asToolResult<Data extends Readonly<Record<string, unknown>>>(
  log: Log,
  work: () => Promise<Data>,
  textOf?: (data: Data) => string,
): Promise<CallToolResult | InputRequiredResult> {
  return asResult(log, async () => structuredResult(await work(), textOf));
}

/** The same for work that makes the result itself. */
export async function asResult(
  log: Log,
  work: () => Promise<CallToolResult>,
): Promise<CallToolResult | InputRequiredResult> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof InputNeeded) return thrown.result;
    return toErrorResult(log, thrown);
  }
}
