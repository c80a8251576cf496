import { EFFORTS, type Effort } from '../../domain/step.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../../wires/shared/fields.ts';

/*
 * Anthropic's per-message effort as its documentation and SDK have it (platform.claude.com/docs, effort-per-message and mid-conversation
 * system messages; SDK 1.12, read 2026-11-30). Kept apart from the codecs, so that one can err without the other.
 */

const BETA = 'mid-conversation-output-config-2026-07-01';
const MODELS = /^claude-(?:(?:fable|mythos)-5-[12]|opus-5(?:-5)?|sonnet-5-5|haiku-5-5)(?:$|-\d{8})/u;
const LEVELS = /^(?:low|medium|high|xhigh|max)$/u;

/** What the vendor refuses of efforts in mid-conversation, in about its words; `undefined`: nothing. */
export function messageEffortObjection(body: Fields, model: string, betas: readonly string[]): string | undefined {
  for (const [index, raw] of listIn(body['messages']).entries()) {
    const message = fieldsIn(raw);
    const where = `messages.${index}`;
    const config = message['output_config'];
    if (config === undefined || config === null) continue;
    if (message['role'] !== 'system') return `${where}.output_config: only permitted on role "system" messages`;
    if (!betas.includes(BETA)) return `${where}.output_config: Extra inputs are not permitted`;
    if (!MODELS.test(model)) return `${where}.output_config: per-message effort is not supported for this model`;
    const { effort, ...others } = fieldsIn(config);
    const extra = Object.keys(others)[0];
    if (extra !== undefined) return `${where}.output_config.${extra}: Extra inputs are not permitted`;
    if (effort !== undefined && effort !== null && !LEVELS.test(textIn(effort) ?? ''))
      return `${where}.output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'`;
  }
  return undefined;
}

/** Whether a message says nothing but the effort: it may stand anywhere. */
export function isEffortOnly(message: Fields): boolean {
  return message['role'] === 'system' && saysNothing(message['content']) && effortIn(message) !== undefined;
}

/**
 * The effort of the answer to a request: its own, until a message that sets another one holds; at once behind a user's turn with new
 * input, elsewhere from the next such turn on. Results of tools alone are no new input.
 */
export function effectiveEffort(own: Effort | undefined, messages: readonly Fields[]): Effort | undefined {
  let effort = own;
  let waiting: Effort | undefined;
  for (const [index, message] of messages.entries()) {
    if (isNewInput(message)) {
      effort = waiting ?? effort;
      waiting = undefined;
    }
    const set = message['role'] === 'system' ? effortIn(message) : undefined;
    if (set === undefined) continue;
    if (isNewInput(fieldsIn(messages[index - 1]))) effort = set;
    else waiting = set;
  }
  return effort;
}

function isNewInput(message: Fields): boolean {
  if (message['role'] !== 'user') return false;
  const { content } = message;
  return typeof content === 'string' || listIn(content).some((block) => fieldsIn(block)['type'] !== 'tool_result');
}

function saysNothing(content: unknown): boolean {
  return typeof content === 'string' ? content === '' : listIn(content).length === 0;
}

function effortIn(message: Fields): Effort | undefined {
  const { effort } = fieldsIn(message['output_config']);
  return EFFORTS.find((one) => one === effort);
}
