import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/json.ts';
import type { ToolCallPart, ToolResultPart } from '../../domain/transcript.ts';
import type { AnswerQuestion, ServerAnswer, ServerQuestion } from '../../tools/server-question.ts';
import { shown } from '../../trust/shown.ts';
import { askedKey, type FormReply, noteKey, replyKey } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';

/** A server that asks on and on is let go with what it has said last. */
const MAX_QUESTIONS = 5;
const MAX_SHOWN = 600;

/** What a call does, and what tells it from every other one of the job. */
interface AskingCall extends Pick<ToolCallPart, 'toolName' | 'input'> {
  readonly key: string;
}

/**
 * Makes a call whose server may ask the user something meanwhile. What was answered before for the same tool with the same
 * arguments is answered again at once: a yes to one thing is none to another. A new question stops the call and the job, and the call is made again, under a key of its own, when there is an answer. Whoever
 * allows everything is asked nothing: then servers are told no.
 * @param make makes the call under a key, with what answers its server
 */
export async function answeringServers(
  run: JobRun,
  call: AskingCall,
  make: (key: string, answer: AnswerQuestion) => Promise<ToolResultPart>,
): Promise<ToolResultPart> {
  const { journal } = run.services;
  const { jobId } = run.entry;
  for (let round = 0; ; round += 1) {
    const roundKey = round === 0 ? call.key : `${call.key}/answered/${round}`;
    let asked = await journal.fact(jobId, askedKey(roundKey));
    let result: ToolResultPart | undefined;
    if (asked === undefined) {
      result = await make(roundKey, (question) => answerNow(run, { ...call, key: roundKey }, question));
      asked = await journal.fact(jobId, askedKey(roundKey));
    }
    if (result !== undefined && (asked === undefined || round === MAX_QUESTIONS)) return result;
    if (asked === undefined) continue;
    const digest = digestOf(asked, call);
    if ((await journal.fact(jobId, replyKey(digest))) !== undefined) continue;
    run.ask({
      kind: 'question',
      code: 'tool-denied',
      subject: `${digest}/${roundKey}`,
      question: questionText(run, asked),
    });
  }
}

async function answerNow(run: JobRun, call: AskingCall, question: ServerQuestion): Promise<ServerAnswer> {
  const { journal } = run.services;
  const { jobId, request } = run.entry;
  const reply = await journal.fact(jobId, replyKey(digestOf(question, call)));
  if (reply !== undefined) return answerOf(reply);
  if (request.approve === 'all') {
    const text = `The tool server ${shown(question.server, MAX_SHOWN)} asked something and was told no, as nobody is asked in this job.`;
    run.emit({ type: 'note', text });
    await journal.settle(jobId, noteKey(`asked/${question.server}`), text);
    return { action: 'decline' };
  }
  await journal.settle(jobId, askedKey(call.key), question);
  return { action: 'cancel' };
}

function answerOf({ content }: FormReply): ServerAnswer {
  return content === undefined ? { action: 'decline' } : { action: 'accept', content: { ...content } };
}

/** Of who asks what, in which form, and what for. */
function digestOf(question: ServerQuestion, { toolName, input }: AskingCall): string {
  return createHash('sha256')
    .update(canonicalJson([question.server, question.message, question.schema, toolName, input]))
    .digest('hex');
}

function questionText(run: JobRun, { server, message, schema }: ServerQuestion): string {
  const { properties } = schema as { readonly properties?: Readonly<Record<string, unknown>> };
  const fields = Object.entries(properties ?? {}).map(([name, field]) => fieldText(name, field));
  const text = `The tool server ${server} asks: ${message}${fields.length === 0 ? '' : ` (${fields.join('; ')})`}`;
  return run.services.redactor.text(shown(text, MAX_SHOWN * 2));
}

function fieldText(name: string, field: unknown): string {
  const { type, title, enum: choices } = (field ?? {}) as Readonly<Record<string, unknown>>;
  const kind = Array.isArray(choices) ? choices.map(String).join(' | ') : typeof type === 'string' ? type : 'text';
  return `${name}${typeof title === 'string' && title !== name ? `, ${title}` : ''}: ${kind}`;
}
