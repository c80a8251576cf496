import { fieldsIn, listIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { sealThinking } from './answer.ts';
import { firstObjection } from './body-rule.ts';
import { CONVERSE_RULES } from './converse/converse-rules.ts';
import { GEMINI_RULES } from './gemini/gemini-rules.ts';
import { isEffortOnly, messageEffortObjection } from './message-effort.ts';
import { asBlocks, type ReadRequest } from './read-parts.ts';
import { ruleObjection } from './vendor-rules.ts';

/**
 * What the real vendors refuse: foreign thinking, tool results without their calls, ids of the wrong shape, too many or
 * wrongly ordered cache markers. `undefined`: they would take the request.
 */
export function vendorObjection(request: ReadRequest): string | undefined {
  return ruleObjection(request) ?? formObjection(request) ?? shapeCheck(request);
}

let shapeCheck: (request: ReadRequest) => string | undefined = () => undefined;

/** Adds a check of a request's shape, which needs packages that only development has: tests hold every scripted server to it. */
export function useShapeCheck(check: typeof shapeCheck): void {
  shapeCheck = check;
}

function formObjection(request: ReadRequest): string | undefined {
  switch (request.wire) {
    case 'anthropic-messages':
      return anthropicObjection(request);
    case 'openai-chat':
      return chatObjection(listIn(request.body['messages']).map(fieldsIn));
    case 'openai-responses':
      return responsesObjection(request.model, listIn(request.body['input']).map(fieldsIn));
    case 'gemini-generate-content':
      return firstObjection(GEMINI_RULES, request);
    case 'bedrock-converse':
      return firstObjection(CONVERSE_RULES, request);
  }
}

function anthropicObjection({ body, model, blocks, betas = [] }: ReadRequest): string | undefined {
  const markers = blocks.map((block) => block.marker).filter((marker) => marker !== undefined);
  if (markers.length > 4) return `A maximum of 4 blocks with cache_control may be provided. Found ${markers.length}.`;
  const firstShort = markers.indexOf('short');
  if (firstShort !== -1 && markers.lastIndexOf('long') > firstShort) {
    return "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block";
  }
  if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
  if (body['max_tokens'] === 0 && wantsAnswer(body)) return 'max_tokens: 0 cannot be combined with this request';
  const effort = messageEffortObjection(body, model, betas);
  if (effort !== undefined) return effort;
  const messages = listIn(body['messages']).map(fieldsIn);
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    // It renders nothing, and is taken anywhere.
    if (isEffortOnly(message)) continue;
    const content = asBlocks(message['content']);
    if (content.length === 0) return `messages.${index}: content must not be empty`;
    const bad = content.map((block) => blockObjection(model, block)).find((objection) => objection !== undefined);
    if (bad !== undefined) return `messages.${index}.${bad}`;
    const results = content
      .filter((block) => block['type'] === 'tool_result')
      .map((block) => textIn(block['tool_use_id']));
    const missing = open.filter((id) => !results.includes(id));
    if (missing.length > 0) {
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`;
    }
    const stray = results.filter((id) => !open.includes(id ?? ''));
    if (stray.length > 0)
      return `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray.join(', ')}`;
    if (results.length > 0 && content.findLastIndex((b) => b['type'] === 'tool_result') >= results.length) {
      return `messages.${index}: \`tool_result\` blocks must come first`;
    }
    open = content.filter((block) => block['type'] === 'tool_use').map((block) => textIn(block['id']) ?? '');
  }
  return undefined;
}

/** What a request that only warms the cache may not ask for (Anthropic, read 2026-11-21). */
function wantsAnswer(body: Fields): boolean {
  const thinks = textIn(fieldsIn(body['thinking'])['type']) ?? 'disabled';
  const choice = textIn(fieldsIn(body['tool_choice'])['type']);
  const hasFormat = body['output_format'] !== undefined || fieldsIn(body['output_config'])['format'] !== undefined;
  return body['stream'] === true || thinks !== 'disabled' || choice === 'any' || choice === 'tool' || hasFormat;
}

function blockObjection(model: string, block: Fields): string | undefined {
  switch (block['type']) {
    case 'thinking': {
      const sealed = sealThinking(model, textIn(block['thinking']) ?? '');
      return block['signature'] === sealed ? undefined : 'content.0: Invalid `signature` in `thinking` block';
    }
    case 'text':
      return block['text'] === '' ? 'content: text content blocks must be non-empty' : undefined;
    case 'tool_use':
      return /^[a-zA-Z0-9_-]+$/u.test(textIn(block['id']) ?? '')
        ? undefined
        : "content.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'";
    default:
      return undefined;
  }
}

function chatObjection(messages: readonly Fields[]): string | undefined {
  let open = new Set<string>();
  for (const message of messages) {
    if (message['role'] === 'tool') {
      const id = textIn(message['tool_call_id']) ?? '';
      if (!open.delete(id)) {
        return `Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.`;
      }
      continue;
    }
    if (open.size > 0) {
      return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${[...open].join(', ')}`;
    }
    const ids = listIn(message['tool_calls']).map((call) => textIn(fieldsIn(call)['id']) ?? '');
    const long = ids.find((id) => id.length > 40);
    if (long !== undefined)
      return `Invalid 'tool_calls[0].id': string too long. Expected maximum length 40, got ${long.length}.`;
    open = new Set(ids);
  }
  return open.size > 0 ? 'tool_calls without tool messages at the end' : undefined;
}

function responsesObjection(model: string, items: readonly Fields[]): string | undefined {
  const calls = new Set<string>();
  for (const item of items) {
    const callId = textIn(item['call_id']) ?? '';
    if (item['type'] === 'reasoning') {
      const summary = listIn(item['summary']).map((part) => textIn(fieldsIn(part)['text']) ?? '');
      const sealed = sealThinking(model, summary.join(''));
      if (item['encrypted_content'] !== sealed) {
        return `The encrypted content for item ${textIn(item['id'])} could not be verified.`;
      }
    } else if (item['type'] === 'function_call') {
      if (callId.length > 64)
        return `Invalid 'input': call_id too long. Expected maximum length 64, got ${callId.length}.`;
      calls.add(callId);
    } else if (item['type'] === 'function_call_output' && !calls.delete(callId)) {
      return `No tool call found for function call output with call_id ${callId}.`;
    }
  }
  return calls.size > 0 ? `No tool output found for function call ${[...calls].join(', ')}.` : undefined;
}
