import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { messageText, type Message } from '../../domain/transcript.ts';
import type { ScriptedAnswer, ScriptedRequest } from './script.ts';

const OPEN = 'SCRIPT>';
const CLOSE = '<SCRIPT';

const steps = z.array(
  z.strictObject({
    text: z.string().optional(),
    thinking: z.string().optional(),
    toolCalls: z
      .array(
        z.strictObject({
          name: z.string(),
          input: z.record(z.string(), z.unknown()).optional(),
          id: z.string().optional(),
          namespace: z.string().optional(),
        }),
      )
      .optional(),
    delayMs: z.number().nonnegative().optional(),
    chunkDelayMs: z.number().nonnegative().optional(),
    failure: z.looseObject({ kind: z.string() }).optional(),
  }),
);

/** Writes steps so that any client can carry them in a prompt. */
export function promptScript(answers: readonly ScriptedAnswer[]): string {
  return `${OPEN}${JSON.stringify(answers)}${CLOSE}`;
}

/**
 * The answer that a script inside the newest scripted user message has for this call: step *i* is played on the *i*-th
 * model turn since that message, so nothing is remembered between calls and any client can be driven, retried or resumed.
 * `undefined`: no user message carries a script.
 * @throws PointsmanError `request-invalid` when the script is not a list of steps.
 */
export function answerFromPrompt(request: ScriptedRequest): ScriptedAnswer | undefined {
  const at = request.messages.findLastIndex((message) => message.role === 'user' && scriptIn(message) !== undefined);
  const message = request.messages[at];
  const script = message === undefined ? undefined : scriptIn(message);
  if (script === undefined) return undefined;
  const turnCount = request.messages.slice(at + 1).filter((later) => later.role === 'assistant').length;
  const step = parseSteps(script)[turnCount] ?? { text: 'The script is over.' };
  // Clients ask for titles and summaries of the same prompt without offering tools.
  if (request.tools.length > 0 || step.toolCalls === undefined) return step;
  const { toolCalls: _notOffered, ...words } = step;
  return { ...words, text: step.text ?? 'No tools were offered.' };
}

function scriptIn(message: Message): string | undefined {
  const said = message.role === 'user' ? message.content.filter((part) => part.type === 'text') : [];
  const text = messageText({ role: 'system', content: said });
  const start = text.indexOf(OPEN);
  const end = text.indexOf(CLOSE, start);
  return start === -1 || end === -1 ? undefined : text.slice(start + OPEN.length, end);
}

function parseSteps(script: string): readonly ScriptedAnswer[] {
  try {
    return steps.parse(JSON.parse(script) as JsonObject) as unknown as readonly ScriptedAnswer[];
  } catch (cause) {
    throw new PointsmanError('request-invalid', `The script in the prompt cannot be read: ${String(cause)}`, {
      cause,
      hint: `Put a JSON list of steps between ${OPEN} and ${CLOSE}.`,
    });
  }
}
