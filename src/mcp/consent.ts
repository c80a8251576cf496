import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { ElicitResultSchema, type ServerNotification, type ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Ms } from '../domain/time.ts';
import type { JobReport } from '../orchestrator/model/job-report.ts';
import type { ResumeAnswer } from '../orchestrator/model/pointsman.ts';

export type ToolExtra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** How long a person may think about a question. The job is paused meanwhile and loses nothing. */
const THINKING_MS: Ms = 10 * 60_000;

const SCOPES = ['once', 'job', 'always'] as const;
const SCHEMA = {
  type: 'object',
  properties: {
    answer: {
      type: 'string',
      title: 'Answer',
      enum: [...SCOPES, 'no'],
      enumNames: ['Allow this once', 'Allow it for this job', 'Always allow exactly this here', 'Do not allow it'],
    },
  },
  required: ['answer'],
} as const;

/** For a tool server, whose own form stands in the question. */
const WORDS = {
  type: 'object',
  properties: { answer: { type: 'string', title: 'Answer, as name=value where there are several fields' } },
  required: ['answer'],
} as const;
/** A dialog that was declined; no person can type it, as they can a "no" for a field. */
const DECLINED = '\0';

/** Whether the client has a person behind it who can be asked. */
export function canAsk(server: McpServer): boolean {
  return server.server.getClientCapabilities()?.elicitation !== undefined;
}

/**
 * Asks the person behind the client what a paused job asks. A model's own arguments never answer: it would allow itself.
 * @param addUsd what the model would like to have more of; shown, and granted only by the person
 * @returns `undefined`: nobody answered, or there is nothing that a person could answer here
 */
export async function askPerson(
  extra: ToolExtra,
  report: JobReport,
  addUsd: number | undefined,
): Promise<ResumeAnswer | undefined> {
  const { pause } = report;
  if (pause?.kind === 'permission' && pause.code !== 'aborted') {
    const answer = await elicit(extra, pause.question);
    if (answer === undefined) return undefined;
    const scope = SCOPES.find((one) => one === answer);
    const { subject } = pause;
    return scope === undefined
      ? { kind: 'permission', allow: false, subject }
      : { kind: 'permission', allow: true, scope, subject };
  }
  if (pause?.kind === 'question') return replyOf(extra, pause);
  if (pause?.kind === 'budget' && addUsd !== undefined) {
    const answer = await elicit(extra, `${pause.question} May it spend $${addUsd} more?`);
    return SCOPES.some((one) => one === answer) ? { kind: 'budget', addUsd, subject: pause.subject } : undefined;
  }
  return undefined;
}

async function replyOf(
  extra: ToolExtra,
  { question, subject }: NonNullable<JobReport['pause']>,
): Promise<ResumeAnswer | undefined> {
  const said = await elicit(extra, question, WORDS);
  return said === undefined ? undefined : { kind: 'reply', text: said === DECLINED ? undefined : said, subject };
}

/** What the person chose; a dialog that was declined is a no, one that was closed is none. */
async function elicit(
  extra: ToolExtra,
  message: string,
  schema: typeof SCHEMA | typeof WORDS = SCHEMA,
): Promise<string | undefined> {
  try {
    const answer = await extra.sendRequest(
      { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema: schema as never } },
      ElicitResultSchema,
      { timeout: THINKING_MS, signal: extra.signal },
    );
    if (answer.action === 'decline') return DECLINED;
    const chosen = answer.action === 'accept' ? answer.content?.['answer'] : undefined;
    return typeof chosen === 'string' ? chosen : undefined;
  } catch {
    // The client took it back, or knows the word only. The job stays paused.
    return undefined;
  }
}
