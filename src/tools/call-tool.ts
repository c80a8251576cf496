import { createHash } from 'node:crypto';
import { isPointsmanError, PointsmanError, toPointsmanError } from '../domain/errors.ts';
import { canonicalJson, type JsonObject } from '../domain/json.ts';
import type { At, Ms } from '../domain/time.ts';
import type { ToolResultPart } from '../domain/transcript.ts';
import { guardFilesystemCall } from './filesystem-guard.ts';
import type { FoundTool, Registration } from './register-tools.ts';
import type { ToolOutcome } from './server-connection.ts';
import type { ToolJournal } from './tool-journal.ts';
import type { RegisteredTool, ToolCallOptions } from './tool-registry.ts';
import { type CallIds, type ResultLimits, toErrorResult, toToolResult } from './tool-result.ts';
import { closedTo } from './tool-risk.ts';

export interface CallContext {
  readonly workspace: string;
  /** Folders of pointsman's own, absolute: no tool may name a place in them. */
  readonly closed: readonly string[];
  /** Places that the workspace leads to, to be read. */
  readonly readable?: readonly string[];
  readonly limits: ResultLimits;
  readonly journal: ToolJournal;
  readonly now: () => At;
  /** Calls that are running, by idempotency key: a second one with the same key waits for the first. */
  readonly inFlight: Map<string, { readonly fingerprint: string; readonly result: Promise<ToolResultPart> }>;
  /** By server. */
  readonly timeouts: ReadonlyMap<string, Ms>;
}

interface ToolCallToRun extends ToolCallOptions {
  readonly toolName: string;
  readonly input: JsonObject;
}

/**
 * Runs one call, once per idempotency key. A call that was sent before a crash and left no result is run again when its
 * tool only reads; any other gives an error result that says it may have happened, because doing it twice may do harm and
 * looking at its effect never does.
 * @throws PointsmanError `aborted`, the only failure that is not a result
 */
export async function callRegisteredTool(
  context: CallContext,
  registration: Registration,
  call: ToolCallToRun,
): Promise<ToolResultPart> {
  const ids: CallIds = { toolCallId: call.toolCallId, toolName: call.toolName };
  const found = registration.find(call.toolName);
  if (found === undefined) return unknownTool(context, registration, { ...call, ids });
  if (call.judged !== undefined && !isAsJudged(found.tool, call.judged)) return hasChanged(ids);
  throwIfAborted(call.signal);
  const fingerprint = fingerprintOf(call.toolName, call.input);
  const running = context.inFlight.get(call.idempotencyKey);
  if (running !== undefined) {
    return running.fingerprint === fingerprint ? { ...(await running.result), ...ids } : keyIsTaken(ids);
  }
  const result = callOnce(context, found, { ...call, fingerprint }, ids).finally(() =>
    context.inFlight.delete(call.idempotencyKey),
  );
  context.inFlight.set(call.idempotencyKey, { fingerprint, result });
  return result;
}

/** What no answer of a person changes. */
export function toolRefusal(
  context: Pick<CallContext, 'workspace' | 'closed' | 'readable'>,
  found: Pick<FoundTool, 'tool'>,
  input: JsonObject,
): PointsmanError | undefined {
  try {
    const why = closedTo(found.tool, input, context);
    if (why !== undefined) return new PointsmanError('tool-denied', `The call is not allowed: ${why}`);
    if (found.tool.own === 'files')
      guardFilesystemCall({ root: context.workspace, readable: context.readable ?? [] }, input, found.tool.risk);
    return undefined;
  } catch (thrown) {
    return toPointsmanError(thrown);
  }
}

async function callOnce(
  context: CallContext,
  found: FoundTool,
  call: ToolCallToRun & { readonly fingerprint: string },
  ids: CallIds,
): Promise<ToolResultPart> {
  const { fingerprint } = call;
  const mayRepeat = call.mayRepeat === true || found.tool.risk === 'read-only';
  try {
    const known = await context.journal.get(call.idempotencyKey);
    if (known !== undefined && known.fingerprint !== fingerprint) return keyIsTaken(ids);
    if (known?.state === 'finished') return { ...known.result, ...ids };
    if (known?.state === 'started' && !mayRepeat) return mayHaveHappened(ids);
    const refusal = toolRefusal(context, found, call.input);
    if (refusal !== undefined) return toErrorResult(ids, refusal.code, refusal.message, refusal.hint);
    await context.journal.start(call.idempotencyKey, { fingerprint, startedAt: context.now() });
  } catch (thrown) {
    const error = toPointsmanError(thrown);
    return toErrorResult(ids, error.code, error.message, error.hint);
  }
  const outcome = await found.server.call(found.tool.serverTool, call.input, {
    timeoutMs: context.timeouts.get(found.server.name) ?? 0,
    signal: call.signal,
    onProgress: call.onProgress,
    answer: call.answer,
    mayRepeat,
  });
  const result = toResult(outcome, found, ids, context.limits);
  await keep(context.journal, call.idempotencyKey, result);
  return result;
}

/** A result that cannot be kept is still a result: what stays in the journal is that the call was started. */
async function keep(journal: ToolJournal, key: string, result: ToolResultPart): Promise<void> {
  try {
    await journal.finish(key, result);
  } catch (thrown) {
    if (!isPointsmanError(thrown)) throw thrown;
  }
}

function toResult(outcome: ToolOutcome, found: FoundTool, ids: CallIds, limits: ResultLimits): ToolResultPart {
  const { name } = found.server;
  switch (outcome.kind) {
    case 'answered':
      return toToolResult(outcome.result, ids, limits);
    case 'refused':
      return toErrorResult(ids, 'request-invalid', outcome.why, 'Correct the input.');
    case 'timeout':
      return toErrorResult(ids, 'tool-timeout', `${name} did not answer within ${outcome.timeoutMs} ms.`, doubt(found));
    case 'died':
      return toErrorResult(ids, 'tool-unavailable', `The tool server ${name} went away: ${outcome.why}.`, doubt(found));
    case 'aborted':
      throw new PointsmanError('aborted', `The call of ${ids.toolName} was cancelled`);
  }
}

function doubt(found: FoundTool): string {
  return found.tool.risk === 'read-only'
    ? 'Try another way.'
    : 'The call may or may not have happened: look at its effect before you try again.';
}

/** Servers may change what they offer at any time, so also while a person or a disk is waited for. */
function isAsJudged(tool: RegisteredTool, judged: RegisteredTool): boolean {
  return DECISIVE.every((field) => tool[field] === judged[field]);
}

const DECISIVE = ['server', 'serverLeadsTo', 'serverTool', 'risk', 'own'] as const;

function hasChanged(ids: CallIds): ToolResultPart {
  const what = `"${ids.toolName.slice(0, 80)}" is another tool now than when this call was allowed, so it was not made.`;
  return toErrorResult(ids, 'tool-denied', what, 'Call it again if it is still meant.');
}

function keyIsTaken(ids: CallIds): ToolResultPart {
  return toErrorResult(ids, 'internal', 'This key already names another tool call', 'Use a new key.');
}

function mayHaveHappened(ids: CallIds): ToolResultPart {
  const what = 'This call was sent before the job was interrupted, and no result was kept.';
  return toErrorResult(ids, 'tool-unavailable', what, 'It may or may not have happened: look at its effect first.');
}

/** A tool that its server took back may have been called before a crash: what it gave stays, and what is not known is told. */
async function unknownTool(
  { journal }: CallContext,
  registration: Registration,
  { ids, idempotencyKey, toolName, input }: ToolCallToRun & { readonly ids: CallIds },
): Promise<ToolResultPart> {
  const before = await journal.get(idempotencyKey);
  const isSame = before?.fingerprint === fingerprintOf(toolName, input);
  if (isSame && before.state === 'finished') return { ...before.result, ...ids };
  const shown = ids.toolName.slice(0, 80);
  if (isSame) return mayHaveHappened(ids);
  const names = registration.tools.map((tool) => tool.spec.name);
  const like = names.filter((name) => name.endsWith(`__${ids.toolName.split('__').at(-1) ?? ''}`));
  const hint = like.length > 0 ? `Did you mean ${like.join(' or ')}?` : `There are: ${names.slice(0, 40).join(', ')}.`;
  return toErrorResult(ids, 'not-found', `There is no tool "${shown}", or its server no longer offers it.`, hint);
}

/** Tells one tool with one input from all others. */
export function fingerprintOf(toolName: string, input: JsonObject): string {
  return createHash('sha256')
    .update(canonicalJson([toolName, input]))
    .digest('hex');
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new PointsmanError('aborted', 'The call was cancelled before it was sent');
}
