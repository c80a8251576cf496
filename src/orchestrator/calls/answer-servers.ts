import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/json.ts';
import type { ToolResultPart } from '../../domain/transcript.ts';
import type { AnswerQuestion, ServerAnswer, ServerQuestion } from '../../tools/server-question.ts';
import { shown } from '../../trust/shown.ts';
import { askedKey, type FormReply, noteKey, replyKey } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';

/** A server that asks on and on is let go with what it has said last. */
const MAX_QUESTIONS = 5;
const MAX_SHOWN = 600;

/**
 * Makes a call whose server may ask the user something meanwhile. What was answered before is answered again at once; a new
 * question stops the call and the job, and the call is made again, under a key of its own, when there is an answer. Whoever
 * allows everything is asked nothing: then servers are told no.
 * @param make makes the call under a key, with what answers its server
 */
export async function answeringServers(
  run: JobRun,
  key: string,
  make: (key: string, answer: AnswerQuestion) => Promise<ToolResultPart>,
): Promise<ToolResultPart> {
  const { journal } = run.services;
  const { jobId } = run.entry;
  for (let round = 0; ; round += 1) {
    const roundKey = round === 0 ? key : `${key}/answered/${round}`;
    let asked = await journal.fact(jobId, askedKey(roundKey));
    let result: ToolResultPart | undefined;
    if (asked === undefined) {
      result = await make(roundKey, (question) => answerNow(run, roundKey, question));
      asked = await journal.fact(jobId, askedKey(roundKey));
    }
    if (result !== undefined && (asked === undefined || round === MAX_QUESTIONS)) return result;
    if (asked === undefined) continue;
    const digest = digestOf(asked);
    if ((await journal.fact(jobId, replyKey(digest))) !== undefined) continue;
    run.ask({
      kind: 'question',
      code: 'tool-denied',
      subject: `${digest}/${roundKey}`,
      question: questionText(run, asked),
    });
  }
}

async function answerNow(run: JobRun, key: string, question: ServerQuestion): Promise<ServerAnswer> {
  const { journal } = run.services;
  const { jobId, request } = run.entry;
  const reply = await journal.fact(jobId, replyKey(digestOf(question)));
  if (reply !== undefined) return answerOf(reply);
  if (request.approve === 'all') {
    const text = `The tool server ${shown(question.server, MAX_SHOWN)} asked something and was told no, as nobody is asked in this job.`;
    run.emit({ type: 'note', text });
    await journal.settle(jobId, noteKey(`asked/${question.server}`), text);
    return { action: 'decline' };
  }
  await journal.settle(jobId, askedKey(key), question);
  return { action: 'cancel' };
}

function answerOf({ content }: FormReply): ServerAnswer {
  return content === undefined ? { action: 'decline' } : { action: 'accept', content: { ...content } };
}

/** Of who asks what, and in which form. */
function digestOf(question: ServerQuestion): string {
  return createHash('sha256')
    .update(canonicalJson([question.server, question.message, question.schema]))
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
