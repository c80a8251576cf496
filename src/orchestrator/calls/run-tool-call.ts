import type { ToolCallPart, ToolResultPart } from '../../domain/transcript.ts';
import { shownOutput } from '../../tools/command-runner/live-output.ts';
import type { RegisteredTool, ToolCallOptions } from '../../tools/tool-registry.ts';
import { needsPermission } from '../../tools/tool-risk.ts';
import { permissionKey } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';
import { answeringServers } from './answer-servers.ts';
import { wouldWriteMask } from './masked-write.ts';
import { namedInCopy } from './named-in-copy.ts';
import { recordingChanges } from './record-changes.ts';

/**
 * Runs one tool call of a step, once: the key names it, and the same key gives the first result again. A tool that the
 * step may not use, or that the user has not allowed, is an error result that the model can read.
 */
export async function runToolCall(
  run: JobRun,
  part: ToolCallPart,
  options: {
    readonly key: string;
    readonly allowed: ReadonlySet<string>;
    /** What its server says while it works. */
    readonly onProgress: (text: string) => void;
  },
): Promise<ToolResultPart> {
  const tool = run.tools.tools.find((other) => other.spec.name === part.toolName);
  // Its server may have taken it back since it was called; what it gave then stays.
  if (tool === undefined) return run.tools.call(part.toolName, part.input, unjudged(run, part, options.key));
  if (!options.allowed.has(part.toolName)) {
    return refused(part, `This step may not use "${part.toolName}". It may use: ${[...options.allowed].join(', ')}.`);
  }
  const { workspace } = run.entry.request;
  const { redactor } = run.services;
  const input = namedInCopy(tool, part.input, { from: run.userFolder ?? workspace, to: workspace });
  const refusal = run.tools.refusal(part.toolName, input);
  if (refusal !== undefined) return refused(part, `${refusal.code}: ${refusal.message}. ${refusal.hint ?? ''}`.trim());
  if (!(await hasPermission(run, tool, { input, key: options.key })))
    return refused(part, `The user does not allow "${part.toolName}" in this job.`);
  const isChange = tool.risk !== 'read-only';
  if (isChange && (await wouldWriteMask(workspace, input))) return refused(part, MASKED);
  run.signal.throwIfAborted();
  return answeringServers(run, { key: options.key, toolName: part.toolName, input }, async (key, answer) => {
    const call = (): Promise<ToolResultPart> =>
      run.tools.call(part.toolName, input, {
        toolCallId: part.toolCallId,
        idempotencyKey: key,
        signal: run.signal,
        judged: tool,
        onProgress: (said) => options.onProgress(shownOutput(said, (text) => redactor.text(text))),
        answer,
      });
    const at = key.slice(run.entry.jobId.length + 1);
    const result = await (isChange ? recordingChanges(run, { tool, input, at }, call) : call());
    run.signal.throwIfAborted();
    return result;
  });
}

function unjudged(run: JobRun, { toolCallId }: ToolCallPart, key: string): ToolCallOptions {
  return { toolCallId, idempotencyKey: key, signal: run.signal, judged: undefined };
}

const MASKED =
  'request-invalid: The input holds a mark such as "[redacted:field]" or "[… lines …]", which pointsman shows in place of a secret or of ' +
  'what did not fit. Written to a file it would destroy what really stands there. Read the file again and write that.';

/**
 * Whether the user has said yes to exactly this call: in this job, for this one call, or always in this folder; `--yes`
 * answers all. Stops the run while there is no answer.
 * @param call its arguments, and the key that tells it from every other call of the job
 */
export async function hasPermission(
  run: JobRun,
  tool: RegisteredTool,
  call: Pick<ToolCallPart, 'input'> & { readonly key: string },
): Promise<boolean> {
  const { request, jobId } = run.entry;
  const { journal, permissions, redactor } = run.services;
  const needed = needsPermission(tool, call.input, request.workspace);
  if (needed === undefined || request.approve === 'all') return true;
  const subject = `${needed.digest}/${call.key}`;
  const answer =
    (await journal.fact(jobId, permissionKey(subject))) ?? (await journal.fact(jobId, permissionKey(needed.digest)));
  if (answer !== undefined) return answer;
  if (permissions.has(run.userFolder ?? request.workspace, needed.digest)) return true;
  return run.ask({
    kind: 'permission',
    code: 'tool-denied',
    subject,
    question: `May this job use the tool "${tool.spec.name}"? ${redactor.text(needed.why)}`,
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
