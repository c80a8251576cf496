import type { ToolCallPart, ToolResultPart } from '../../domain/transcript.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { needsPermission } from '../../tools/tool-risk.ts';
import { permissionKey } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';
import { wouldWriteMask } from './masked-write.ts';
import { keepPreimages } from './workspace-diff.ts';

/**
 * Runs one tool call of a step, once: the key names it, and the same key gives the first result again. A tool that the
 * step may not use, or that the user has not allowed, is an error result that the model can read.
 */
export async function runToolCall(
  run: JobRun,
  part: ToolCallPart,
  options: { readonly key: string; readonly allowed: ReadonlySet<string> },
): Promise<ToolResultPart> {
  const tool = run.tools.tools.find((other) => other.spec.name === part.toolName);
  if (tool === undefined) return refused(part, `There is no tool "${part.toolName}".`);
  if (!options.allowed.has(part.toolName)) {
    return refused(part, `This step may not use "${part.toolName}". It may use: ${[...options.allowed].join(', ')}.`);
  }
  if (!(await hasPermission(run, tool, part)))
    return refused(part, `The user does not allow "${part.toolName}" in this job.`);
  if (tool.risk !== 'read-only') {
    if (await wouldWriteMask(run.entry.request.workspace, part.input)) return refused(part, MASKED);
    await keepPreimages(run, part.input);
  }
  run.signal.throwIfAborted();
  const result = await run.tools.call(part.toolName, part.input, {
    toolCallId: part.toolCallId,
    idempotencyKey: options.key,
    signal: run.signal,
  });
  run.signal.throwIfAborted();
  return result;
}

const MASKED =
  'request-invalid: The input holds a mark such as "[redacted:field]", which stands in pointsman\'s records in place of a secret. ' +
  'Written to a file it would destroy the secret. Read the file again and write what really stands there.';

/** Asked once per tool and job; `--yes` answers all. Stops the run while there is no answer. */
export async function hasPermission(
  run: JobRun,
  tool: RegisteredTool,
  part: Pick<ToolCallPart, 'input'>,
): Promise<boolean> {
  const needed = needsPermission(tool, part.input);
  if (needed === undefined || run.entry.request.approve === 'all') return true;
  const answer = await run.services.journal.fact(run.entry.jobId, permissionKey(tool.spec.name));
  if (answer !== undefined) return answer;
  return run.ask({
    kind: 'permission',
    code: 'tool-denied',
    subject: tool.spec.name,
    question: `May this job use the tool "${tool.spec.name}"? ${run.services.redactor.text(needed.why)}`,
  });
}

function refused(part: ToolCallPart, text: string): ToolResultPart {
  return {
    type: 'tool-result',
    toolCallId: part.toolCallId,
    toolName: part.toolName,
    content: [{ type: 'text', text }],
    isError: true,
  };
}
