import type { IncomingHttpHeaders } from 'node:http';
import type { CallOrigin, HarnessTask } from '../../domain/call.ts';
import { originByShape, taskByShape } from '../../predict/text/call-origin.ts';
import { isSideQuestion } from '../../predict/text/harness-text.ts';
import { isFields, listIn, numberIn, parseFields, textIn, type Fields } from '../../wires/shared/fields.ts';
import type { RequestBrief } from '../../wires/shared/wire-format.ts';
import { callShapeOf } from './call-shape.ts';

/** `aside`: a person asks something that the conversation goes on without. */
type Declared = HarnessTask | 'main' | 'auxiliary' | 'aside';

/**
 * `x-claude-code-request-class`, sent with `CLAUDE_CODE_GATEWAY_HINT_HEADERS=1` (claude-code 2.1.332, read 2026-11-29). `auxiliary` is
 * anything beside the conversation; its shape says what.
 */
const CLAUDE_CLASSES: Readonly<Record<string, Declared>> = {
  main: 'main',
  subagent: 'sub-agent',
  workflow: 'sub-agent',
  compaction: 'compaction',
  auxiliary: 'auxiliary',
  side_reply: 'aside',
};

/** `x-openai-subagent` of Codex (0.171, read 2026-11-29): which of its own agents asks; any other is one that the agent started. */
const CODEX_AGENTS: Readonly<Record<string, HarnessTask>> = {
  compact: 'compaction',
  guardian: 'safety-check',
  memory_consolidation: 'digest',
};

/** Headers whose presence says that another agent started this one. */
const SUB_AGENT_HEADERS = [
  'x-claude-code-agent-id',
  'x-openai-subagent',
  'x-codex-parent-thread-id',
  'x-parent-session-id',
] as const;

/** What there is to see of a call. */
export interface CallInView {
  readonly items: readonly unknown[];
  readonly headers: IncomingHttpHeaders;
  readonly body: Fields;
  readonly brief: RequestBrief;
}

/**
 * Whose call it is: what the harness says of it first, its shape otherwise. Reads headers and both ends of the body.
 * @param worksWithTools the call's session is known to have a conversation with tools
 */
export function originOfCall({ items, headers, body, brief }: CallInView, worksWithTools: boolean): CallOrigin {
  const says = declaredTask(headers);
  const session = { isSubAgent: isSubAgent(headers, body), isBesideWork: worksWithTools };
  const shape = callShapeOf(items, brief, session);
  // Beside work it is a wish for the answer; a call with nothing else to answer is the check itself.
  if (asksForChecks(body) && (shape.toolCount === 0 || (shape.maxOutputTokens ?? 1) < 1))
    return declared('safety-check');
  if (says === 'main') {
    const task = taskByShape(shape);
    const main = { ...shape, isSubAgent: false, isBesideWork: false };
    return task === 'safety-check' ? declared(task) : originByShape(main);
  }
  if (says === 'aside') return { by: 'person', beside: true };
  if (says === 'auxiliary' && shape.newTexts.some(isSideQuestion)) return { by: 'person', beside: true };
  if (says === 'auxiliary') return declared(taskByShape({ ...shape, isSubAgent: false }) ?? 'digest');
  return says === undefined ? originByShape(shape) : declared(says);
}

function declared(task: HarnessTask): CallOrigin {
  return { by: 'harness', task, source: 'declared' };
}

function declaredTask(headers: IncomingHttpHeaders): Declared | undefined {
  if (headers['x-claude-code-compaction'] !== undefined) return 'compaction';
  const requestClass = textIn(headers['x-claude-code-request-class']);
  if (requestClass !== undefined && Object.hasOwn(CLAUDE_CLASSES, requestClass)) return CLAUDE_CLASSES[requestClass];
  if (codexTurn(headers)['request_kind'] === 'compaction') return 'compaction';
  const agent = textIn(headers['x-openai-subagent']);
  if (agent === undefined) return undefined;
  return Object.hasOwn(CODEX_AGENTS, agent) ? CODEX_AGENTS[agent] : 'sub-agent';
}

function isSubAgent(headers: IncomingHttpHeaders, body: Fields): boolean {
  if (SUB_AGENT_HEADERS.some((name) => headers[name] !== undefined)) return true;
  const metadata = body['metadata'];
  const userId = isFields(metadata) ? textIn(metadata['user_id']) : undefined;
  return userId !== undefined && textIn(parseFields(userId)?.['agent_id']) !== undefined;
}

/** What Codex says of a call (0.169, observed 2026-11-29): its turn, its window, and whether it compacts. */
function codexTurn(headers: IncomingHttpHeaders): Fields {
  return parseFields(textIn(headers['x-codex-turn-metadata'])) ?? NOTHING;
}

const NOTHING: Fields = {};

/** Whether the harness says that it has compacted the conversation before this call. */
export function saysCompacted(headers: IncomingHttpHeaders): boolean {
  if (headers['x-claude-code-context-compacted'] !== undefined) return true;
  // Codex counts the windows that a thread has filled.
  return (numberIn(codexTurn(headers)['window_number']) ?? 0) > 0;
}

/**
 * Whether the vendor is asked to check the commands that it answers with: Claude Code's auto mode sends `safeguards` with each call
 * and refuses to run what comes back unchecked (claude-code 2.1.330, observed 2026-11-29).
 */
export function asksForChecks(body: Fields): boolean {
  return isFields(body['safeguards']) || listIn(body['safeguards']).length > 0;
}

/** Which of a person's turns a call belongs to, where the harness says so: all calls of a turn have one. */
export function turnOf(headers: IncomingHttpHeaders): string | undefined {
  return textIn(headers['x-claude-code-prompt-id']) ?? textIn(codexTurn(headers)['turn_id']);
}

/** A question beside the conversation. A sub-agent works, and so has a transcript of its own. */
export function isAside(origin: CallOrigin): boolean {
  if (origin.by === 'person') return origin.beside === true;
  return origin.by === 'harness' && origin.task !== 'sub-agent';
}
