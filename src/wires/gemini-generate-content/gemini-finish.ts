import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import { classifyFailure } from '../shared/errors/classify-error.ts';

/** Reasons that stop an answer. Gemini API reference, FinishReason, read 2026-11. */
export const GEMINI_FINISH: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  LANGUAGE: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
  ESCALATION: 'content-filter',
  PUP_LIMITED_DISABLED: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  JAILBREAK: 'content-filter',
  OTHER: 'other',
  FINISH_REASON_UNSPECIFIED: 'other',
};

/** Ends that are no answers: what the model wrote cannot be used, and another try may do better. */
const UNUSABLE: Readonly<Record<string, string>> = {
  MALFORMED_FUNCTION_CALL: 'The model wrote a tool call that cannot be read',
  UNEXPECTED_TOOL_CALL: 'The model called a tool that was not offered',
  MALFORMED_RESPONSE: 'The model wrote an answer that cannot be read',
  TOO_MANY_TOOL_CALLS: 'The model made too many tool calls in one request',
};

/** Ends that only a further request in this format goes on from. */
const REJECTED: Readonly<Record<string, string>> = {
  MISSING_THOUGHT_SIGNATURE: 'A tool call of the transcript lacks its thought signature',
  CONTINUATION: 'The answer goes on in a further request, which only its own interface can make',
};

/** The error that an end stands for; `undefined`: it is the end of an answer. */
export function failureOfFinish(reason: string, message: string | undefined): PointsmanError | undefined {
  const unusable = UNUSABLE[reason];
  const said = unusable ?? REJECTED[reason];
  if (said === undefined) return undefined;
  const status = unusable === undefined ? 400 : 502;
  return classifyFailure({
    status,
    code: reason,
    message: `${said} (${reason})${message === undefined ? '' : `: ${message}`}`,
  });
}

/** The same for callers of this format. A refusal of the model itself has no word of its own. */
export const TO_GEMINI_FINISH: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  other: 'OTHER',
};
