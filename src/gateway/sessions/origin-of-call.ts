import type { IncomingHttpHeaders } from 'node:http';
import type { CallOrigin, HarnessTask } from '../../domain/call-origin.ts';
import { originByShape, taskByShape } from '../../predict/call-origin.ts';
import { isFields, parseFields, textIn, type Fields } from '../../wires/shared/fields.ts';
import { callShapeOf } from './call-shape.ts';

/**
 * `x-claude-code-request-class`, sent with `CLAUDE_CODE_GATEWAY_HINT_HEADERS=1` (claude-code 2.1.332, read 2026-11-29). `auxiliary` is
 * anything beside the conversation; its shape says what.
 */
const CLAUDE_CLASSES: Readonly<Record<string, HarnessTask | 'main' | 'auxiliary'>> = {
  main: 'main',
  subagent: 'sub-agent',
  workflow: 'sub-agent',
  compaction: 'compaction',
  auxiliary: 'auxiliary',
  side_reply: 'auxiliary',
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

/** Whose call it is: what the harness says of it first, its shape otherwise. Reads headers and both ends of the body. */
export function originOfCall(items: readonly unknown[], headers: IncomingHttpHeaders, body: Fields): CallOrigin {
  if (isFields(body['safeguards']) || Array.isArray(body['safeguards'])) return declared('safety-check');
  const says = declaredTask(headers);
  const shape = callShapeOf(items, body, isSubAgent(headers, body));
  if (says === 'main') {
    const task = taskByShape(shape);
    return task === 'safety-check' ? declared(task) : originByShape({ ...shape, isSubAgent: false });
  }
  if (says === 'auxiliary') return declared(taskByShape({ ...shape, isSubAgent: false }) ?? 'digest');
  return says === undefined ? originByShape(shape) : declared(says);
}

function declared(task: HarnessTask): CallOrigin {
  return { by: 'harness', task, source: 'declared' };
}

function declaredTask(headers: IncomingHttpHeaders): HarnessTask | 'main' | 'auxiliary' | undefined {
  if (headers['x-claude-code-compaction'] !== undefined) return 'compaction';
  const requestClass = textIn(headers['x-claude-code-request-class']);
  if (requestClass !== undefined && Object.hasOwn(CLAUDE_CLASSES, requestClass)) return CLAUDE_CLASSES[requestClass];
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

/** Whether the harness says that this is the first call after it has compacted the conversation. */
export function saysCompacted(headers: IncomingHttpHeaders): boolean {
  return headers['x-claude-code-context-compacted'] !== undefined;
}

/** A harness's question beside the conversation. A sub-agent works, and so has a transcript of its own. */
export function isAside(origin: CallOrigin): boolean {
  return origin.by === 'harness' && origin.task !== 'sub-agent';
}
