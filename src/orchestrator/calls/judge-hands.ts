import { type PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { HandsAnswer, HandsAsk } from '../../hands/hands.ts';
import { confinePath } from '../../tools/confine-path.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import type { JobRun } from '../model/job-run.ts';
import { wouldWriteMask } from './masked-write.ts';
import { hasPermission } from './run-tool-call.ts';

interface AskingStep {
  readonly harness: string;
  readonly mayWrite: boolean;
  /** Tells the attempt from every other of the job: a yes holds in it for the same thing. */
  readonly key: string;
}

/**
 * Answers a harness as the job answers its own tools: files of the workspace may be read and, where the step changes files,
 * written, what programs act on needs a person's yes, as does every command; what is ours and what lies outside is nobody's.
 * Stops the run while there is no answer.
 */
export async function judgeHands(run: JobRun, ask: HandsAsk, step: AskingStep): Promise<HandsAnswer> {
  const { workspace } = run.entry.request;
  if (ask.kind === 'edit' && !step.mayWrite) return refused('This step may not change files.');
  const tool = toolOf(ask, step);
  const inputs = inputsOf(ask);
  for (const input of inputs) {
    const refusal = run.tools.refusal(tool, input) ?? leadingOut(workspace, input);
    if (refusal !== undefined) return refused(refusal.message);
    if (!(await hasPermission(run, tool, { input, key: step.key }))) return refused('The user does not allow it.');
  }
  const isMasked =
    ask.kind === 'edit' && (await wouldWriteMask(workspace, { ...inputs[0], content: ask.content ?? '' }));
  return isMasked ? refused(MASKED) : { kind: 'allowed' };
}

const MASKED =
  'It holds a mark such as "[redacted:field]", which pointsman shows in place of a secret. Read the file again and write that.';

function refused(why: string): HandsAnswer {
  return { kind: 'refused', why };
}

/** What a harness does with its own hands, as a tool of a server that is not ours. */
function toolOf({ kind }: HandsAsk, { harness }: AskingStep): RegisteredTool {
  const name = `${harness} ${kind}`;
  const risk = kind === 'read' ? 'read-only' : kind === 'edit' ? 'write' : 'destructive';
  return { spec: { name, description: '', inputSchema: {} }, server: harness, serverTool: kind, risk };
}

function inputsOf(ask: HandsAsk): readonly JsonObject[] {
  return ask.kind === 'read' || ask.kind === 'edit'
    ? ask.files.map((path) => ({ path }))
    : [{ does: ask.title, ...ask.input }];
}

function leadingOut(workspace: string, { path }: JsonObject): PointsmanError | undefined {
  if (typeof path !== 'string') return undefined;
  try {
    confinePath(workspace, path);
    return undefined;
  } catch (thrown) {
    return toPointsmanError(thrown);
  }
}
