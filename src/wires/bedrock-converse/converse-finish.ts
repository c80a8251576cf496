import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import { classifyFailure } from '../shared/errors/classify-error.ts';

/** Reasons that stop an answer. Amazon Bedrock API reference, MessageStopEvent.stopReason, read 2026-11. */
export const CONVERSE_FINISH: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
};

/** Ends that are no answers: what the model wrote cannot be used, and another try may do better. */
const UNUSABLE: Readonly<Record<string, string>> = {
  malformed_tool_use: 'The model wrote a tool call that cannot be read',
  malformed_model_output: 'The model wrote an answer that cannot be read',
};

/** The error that an end stands for; `undefined`: it is the end of an answer. */
export function failureOfStop(reason: string): PointsmanError | undefined {
  const said = Object.hasOwn(UNUSABLE, reason) ? UNUSABLE[reason] : undefined;
  return said === undefined
    ? undefined
    : classifyFailure({ status: 502, code: reason, message: `${said} (${reason})` });
}
