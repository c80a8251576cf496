import type { Wire } from '../domain/model.ts';

/** What happens to a field when a call leaves the wire format it was written in. */
export interface LossyField {
  readonly from: Wire;
  /** Path in the caller's request. */
  readonly field: string;
  readonly fate: 'dropped' | 'translated';
  /** What stands in its place, or why nothing does. */
  readonly note: string;
}

/**
 * Every field that a translation between wire formats drops or rewords. Fields that are absent here arrive unchanged in
 * meaning; inside one wire format nothing in this table applies. Records name rows by their key.
 */
export const LOSSY_FIELDS = {
  'anthropic.top_k': row('anthropic-messages', 'top_k', 'dropped', 'no counterpart'),
  'anthropic.metadata': row('anthropic-messages', 'metadata', 'translated', 'session becomes prompt_cache_key'),
  'anthropic.context_management': row('anthropic-messages', 'context_management', 'dropped', 'server-side editing'),
  'anthropic.service_tier': row('anthropic-messages', 'service_tier', 'dropped', 'another vendor’s tiers'),
  'anthropic.container': row('anthropic-messages', 'container', 'dropped', 'server-side state'),
  'anthropic.mcp_servers': row('anthropic-messages', 'mcp_servers', 'dropped', 'server-side tools'),
  'anthropic.betas': row('anthropic-messages', 'anthropic-beta header', 'dropped', 'switches of one vendor'),
  'anthropic.thinking': row('anthropic-messages', 'thinking', 'translated', 'becomes an effort'),
  'anthropic.cache_control': row(
    'anthropic-messages',
    'cache_control',
    'translated',
    'vendors that cache on their own get a prompt_cache_key',
  ),
  'anthropic.billing_header': row('anthropic-messages', 'system[0] attribution', 'dropped', 'means nothing elsewhere'),
  'anthropic.system_blocks': row('anthropic-messages', 'system[]', 'translated', 'blocks are joined'),
  'anthropic.defer_loading': row(
    'anthropic-messages',
    'tools[].defer_loading',
    'translated',
    'the tool is offered at once',
  ),
  'anthropic.tool_reference': row(
    'anthropic-messages',
    'tool_result tool_reference',
    'translated',
    'becomes text with the tool’s name',
  ),
  'anthropic.server_tool': row('anthropic-messages', 'tools[].type', 'dropped', 'runs on the vendor’s servers'),
  'anthropic.strict_tool': row('anthropic-messages', 'tools[].strict and examples', 'dropped', 'no neutral word'),
  'anthropic.citations': row('anthropic-messages', 'citations', 'dropped', 'no counterpart'),
  'anthropic.document': row('anthropic-messages', 'document', 'translated', 'text stays, files become file parts'),
  'anthropic.thinking_block': row(
    'anthropic-messages',
    'thinking and redacted_thinking blocks',
    'dropped',
    'only its maker accepts it; kept for when that model returns',
  ),
  'chat.n': row('openai-chat', 'n', 'dropped', 'one choice is made'),
  'chat.logprobs': row('openai-chat', 'logprobs and top_logprobs', 'dropped', 'no counterpart'),
  'chat.logit_bias': row('openai-chat', 'logit_bias', 'dropped', 'no counterpart'),
  'chat.penalties': row('openai-chat', 'frequency_penalty and presence_penalty', 'dropped', 'no counterpart'),
  'chat.seed': row('openai-chat', 'seed', 'dropped', 'no counterpart'),
  'chat.metadata': row('openai-chat', 'metadata, store, user and safety_identifier', 'dropped', 'another vendor’s records'),
  'chat.service_tier': row('openai-chat', 'service_tier', 'dropped', 'another vendor’s tiers'),
  'chat.modalities': row('openai-chat', 'modalities, audio and prediction', 'dropped', 'no counterpart'),
  'chat.web_search': row('openai-chat', 'web_search_options', 'dropped', 'runs on the vendor’s servers'),
  'chat.cache_options': row('openai-chat', 'prompt_cache_options and prompt_cache_retention', 'dropped', 'other cache rules'),
  'chat.verbosity': row('openai-chat', 'verbosity', 'dropped', 'no counterpart'),
  'chat.json_object': row('openai-chat', 'response_format json_object', 'dropped', 'no schema to demand'),
  'chat.message_name': row('openai-chat', 'messages[].name', 'dropped', 'no counterpart'),
  'chat.reasoning_content': row('openai-chat', 'messages[].reasoning_content', 'dropped', 'unsigned thinking'),
  'chat.functions': row('openai-chat', 'functions and function_call', 'translated', 'become tools'),
  'responses.store': row('openai-responses', 'store', 'dropped', 'nothing is kept for the caller'),
  'responses.include': row('openai-responses', 'include', 'translated', 'reasoning comes in an envelope'),
  'responses.client_metadata': row('openai-responses', 'client_metadata and metadata', 'dropped', 'another vendor’s records'),
  'responses.service_tier': row('openai-responses', 'service_tier', 'dropped', 'another vendor’s tiers'),
  'responses.truncation': row('openai-responses', 'truncation', 'dropped', 'overflow is answered as an error'),
  'responses.verbosity': row('openai-responses', 'text.verbosity', 'dropped', 'no counterpart'),
  'responses.reasoning_summary': row('openai-responses', 'reasoning.summary', 'translated', 'thinking text is the summary'),
  'responses.limits': row('openai-responses', 'max_tool_calls and top_logprobs', 'dropped', 'no counterpart'),
  'responses.prompt_cache_key': row('openai-responses', 'prompt_cache_key', 'translated', 'becomes the session’s cache key'),
  'responses.custom_tool': row('openai-responses', 'custom tools', 'translated', 'a function with one text argument'),
  'responses.namespace': row('openai-responses', 'namespaced tools', 'translated', 'functions with joined names'),
  'responses.tool_search': row('openai-responses', 'tool_search', 'translated', 'a function; found tools are offered at once'),
  'responses.server_tool': row('openai-responses', 'tools[] that the vendor runs', 'dropped', 'runs on the vendor’s servers'),
  'responses.strict_tool': row('openai-responses', 'tools[].strict', 'dropped', 'no neutral word'),
  'responses.item_id': row('openai-responses', 'input[].id, status and phase', 'dropped', 'ids of the vendor’s store'),
  'responses.reasoning_item': row(
    'openai-responses',
    'reasoning items',
    'dropped',
    'only its maker can decrypt it; kept for when that model returns',
  ),
} as const satisfies Readonly<Record<string, LossyField>>;

export type LossId = keyof typeof LOSSY_FIELDS;

function row<const Fate extends LossyField['fate']>(
  from: Wire,
  field: string,
  fate: Fate,
  note: string,
): LossyField & { readonly fate: Fate } {
  return { from, field, fate, note };
}
