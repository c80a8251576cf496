// One file: the table of what each format cannot carry, which is read and checked as a whole.

import type { Wire } from '../../domain/model.ts';

/** What happens to a field when a call leaves the wire format it was written in. */
export interface LossyField {
  readonly from: Wire | 'any';
  /** Only towards this format. Absent: towards every other. */
  readonly to?: Wire;
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
  'anthropic.top_k': { from: 'anthropic-messages', field: 'top_k', fate: 'dropped', note: 'no counterpart' },
  'anthropic.metadata': {
    from: 'anthropic-messages',
    field: 'metadata',
    fate: 'translated',
    note: 'session becomes prompt_cache_key',
  },
  'anthropic.context_management': {
    from: 'anthropic-messages',
    field: 'context_management',
    fate: 'dropped',
    note: 'server-side editing',
  },
  'anthropic.service_tier': {
    from: 'anthropic-messages',
    field: 'service_tier',
    fate: 'dropped',
    note: 'another vendor’s tiers',
  },
  'anthropic.container': { from: 'anthropic-messages', field: 'container', fate: 'dropped', note: 'server-side state' },
  'anthropic.mcp_servers': {
    from: 'anthropic-messages',
    field: 'mcp_servers',
    fate: 'dropped',
    note: 'server-side tools',
  },
  'headers.betas': {
    from: 'any',
    field: 'anthropic-beta and openai-beta headers',
    fate: 'dropped',
    note: 'switches of one vendor',
  },
  'anthropic.thinking': {
    from: 'anthropic-messages',
    field: 'thinking',
    fate: 'translated',
    note: 'becomes an effort',
  },
  'anthropic.cache_control': {
    from: 'anthropic-messages',
    field: 'cache_control',
    fate: 'translated',
    note: 'vendors that cache on their own get a prompt_cache_key',
  },
  'anthropic.billing_header': {
    from: 'anthropic-messages',
    field: 'system[0] attribution',
    fate: 'dropped',
    note: 'means nothing elsewhere',
  },
  'anthropic.system_blocks': {
    from: 'anthropic-messages',
    field: 'system[]',
    fate: 'translated',
    note: 'blocks are joined',
  },
  'anthropic.defer_loading': {
    from: 'anthropic-messages',
    field: 'tools[].defer_loading',
    fate: 'translated',
    note: 'the tool is offered at once',
  },
  'anthropic.tool_reference': {
    from: 'anthropic-messages',
    field: 'tool_result tool_reference',
    fate: 'translated',
    note: 'becomes text with the tool’s name',
  },
  'anthropic.server_tool': {
    from: 'anthropic-messages',
    field: 'tools[].type',
    fate: 'dropped',
    note: 'runs on the vendor’s servers',
  },
  'anthropic.client_tool': {
    from: 'anthropic-messages',
    field: 'tools[].type of bash, text editor, memory and computer',
    fate: 'translated',
    note: 'a function with the published schema',
  },
  'anthropic.strict_tool': {
    from: 'anthropic-messages',
    field: 'tools[].strict and examples',
    fate: 'dropped',
    note: 'no neutral word',
  },
  'anthropic.citations': { from: 'anthropic-messages', field: 'citations', fate: 'dropped', note: 'no counterpart' },
  'anthropic.document': {
    from: 'anthropic-messages',
    field: 'document, its title, context and media_type',
    fate: 'translated',
    note: 'text stays, files become file parts; the rest is left out',
  },
  'anthropic.thinking_block': {
    from: 'anthropic-messages',
    field: 'thinking and redacted_thinking blocks',
    fate: 'dropped',
    note: 'only its maker accepts it; kept for when that model returns',
  },
  'anthropic.sampling': {
    from: 'anthropic-messages',
    field: 'temperature and top_p',
    fate: 'dropped',
    note: 'left out where the model thinks, as its vendor refuses them there',
  },
  'anthropic.stop_sequences': {
    from: 'anthropic-messages',
    to: 'openai-responses',
    field: 'stop_sequences',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'anthropic.output_config': {
    from: 'anthropic-messages',
    field: 'output_config, but for effort and format',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'anthropic.unknown': {
    from: 'anthropic-messages',
    field: 'fields that are not in the API as it was read in 2026-11',
    fate: 'dropped',
    note: 'nobody here knows what they mean',
  },
  'chat.n': { from: 'openai-chat', field: 'n', fate: 'dropped', note: 'one choice is made' },
  'chat.logprobs': { from: 'openai-chat', field: 'logprobs and top_logprobs', fate: 'dropped', note: 'no counterpart' },
  'chat.logit_bias': { from: 'openai-chat', field: 'logit_bias', fate: 'dropped', note: 'no counterpart' },
  'chat.penalties': {
    from: 'openai-chat',
    field: 'frequency_penalty and presence_penalty',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'chat.seed': { from: 'openai-chat', field: 'seed', fate: 'dropped', note: 'no counterpart' },
  'chat.metadata': {
    from: 'openai-chat',
    field: 'metadata, store, user and safety_identifier',
    fate: 'translated',
    note: 'kept at OpenAI; another vendor’s records',
  },
  'chat.service_tier': {
    from: 'openai-chat',
    field: 'service_tier',
    fate: 'translated',
    note: 'kept at OpenAI; another vendor’s tiers',
  },
  'chat.modalities': {
    from: 'openai-chat',
    field: 'modalities, audio and prediction',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'chat.web_search': {
    from: 'openai-chat',
    field: 'web_search_options',
    fate: 'dropped',
    note: 'runs on the vendor’s servers',
  },
  'chat.cache_options': {
    from: 'openai-chat',
    field: 'prompt_cache_options and prompt_cache_retention',
    fate: 'dropped',
    note: 'other cache rules',
  },
  'chat.verbosity': {
    from: 'openai-chat',
    field: 'verbosity',
    fate: 'translated',
    note: 'kept at OpenAI; no counterpart elsewhere',
  },
  'chat.json_object': {
    from: 'openai-chat',
    field: 'response_format json_object',
    fate: 'translated',
    note: 'JSON mode, or a sentence in the system prompt',
  },
  'chat.message_name': { from: 'openai-chat', field: 'messages[].name', fate: 'dropped', note: 'no counterpart' },
  'chat.reasoning_content': {
    from: 'openai-chat',
    field: 'messages[].reasoning_content',
    fate: 'dropped',
    note: 'unsigned thinking',
  },
  'chat.functions': {
    from: 'openai-chat',
    field: 'functions and function_call',
    fate: 'translated',
    note: 'become tools',
  },
  'chat.prompt_cache_key': {
    from: 'openai-chat',
    field: 'prompt_cache_key',
    fate: 'translated',
    note: 'becomes the session’s cache key',
  },
  'chat.strict_tool': {
    from: 'openai-chat',
    field: 'tools[].function.strict',
    fate: 'translated',
    note: 'kept where the vendor enforces schemas',
  },
  'chat.custom_tool': {
    from: 'openai-chat',
    field: 'custom tools',
    fate: 'translated',
    note: 'a function with one text argument',
  },
  'chat.server_tool': {
    from: 'openai-chat',
    field: 'tools[].type, but for function and custom',
    fate: 'dropped',
    note: 'runs on the vendor’s servers',
  },
  'chat.tool_choice': {
    from: 'openai-chat',
    field: 'tool_choice allowed_tools',
    fate: 'dropped',
    note: 'all tools stay on offer',
  },
  'chat.schema': {
    from: 'openai-chat',
    field: 'response_format json_schema strict and description',
    fate: 'translated',
    note: 'strict where the schema allows it; the description is left out',
  },
  'chat.image_detail': {
    from: 'openai-chat',
    field: 'image_url.detail',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'chat.sampling': {
    from: 'openai-chat',
    field: 'temperature and top_p',
    fate: 'translated',
    note: 'at most 1 and one of the two for Anthropic; left out where the model thinks',
  },
  'chat.stop': { from: 'openai-chat', to: 'openai-responses', field: 'stop', fate: 'dropped', note: 'no counterpart' },
  'chat.stream_options': {
    from: 'openai-chat',
    field: 'stream_options, but for include_usage',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'chat.unknown': {
    from: 'openai-chat',
    field: 'fields that are not in the API as it was read in 2026-11',
    fate: 'dropped',
    note: 'nobody here knows what they mean',
  },
  'responses.store': {
    from: 'openai-responses',
    field: 'store',
    fate: 'dropped',
    note: 'nothing is kept for the caller',
  },
  'responses.include': {
    from: 'openai-responses',
    field: 'include',
    fate: 'translated',
    note: 'reasoning comes in an envelope',
  },
  'responses.client_metadata': {
    from: 'openai-responses',
    field: 'client_metadata and metadata',
    fate: 'translated',
    note: 'kept at OpenAI; another vendor’s records',
  },
  'responses.service_tier': {
    from: 'openai-responses',
    field: 'service_tier',
    fate: 'translated',
    note: 'kept at OpenAI; another vendor’s tiers',
  },
  'responses.truncation': {
    from: 'openai-responses',
    field: 'truncation',
    fate: 'dropped',
    note: 'overflow is answered as an error',
  },
  'responses.verbosity': {
    from: 'openai-responses',
    field: 'text.verbosity',
    fate: 'translated',
    note: 'kept at OpenAI; no counterpart elsewhere',
  },
  'responses.json_object': {
    from: 'openai-responses',
    field: 'text.format json_object',
    fate: 'translated',
    note: 'JSON mode, or a sentence in the system prompt',
  },
  'responses.reasoning_summary': {
    from: 'openai-responses',
    field: 'reasoning.summary',
    fate: 'translated',
    note: 'thinking text is the summary',
  },
  'responses.limits': {
    from: 'openai-responses',
    field: 'max_tool_calls and top_logprobs',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'responses.prompt_cache_key': {
    from: 'openai-responses',
    field: 'prompt_cache_key',
    fate: 'translated',
    note: 'becomes the session’s cache key',
  },
  'responses.custom_tool': {
    from: 'openai-responses',
    field: 'custom tools',
    fate: 'translated',
    note: 'a function with one text argument',
  },
  'responses.namespace': {
    from: 'openai-responses',
    field: 'namespaced tools',
    fate: 'translated',
    note: 'functions with joined names',
  },
  'responses.tool_search': {
    from: 'openai-responses',
    field: 'tool_search',
    fate: 'translated',
    note: 'a function; found tools are offered at once',
  },
  'responses.server_tool': {
    from: 'openai-responses',
    field: 'tools[] that the vendor runs',
    fate: 'dropped',
    note: 'runs on the vendor’s servers',
  },
  'responses.strict_tool': {
    from: 'openai-responses',
    field: 'tools[].strict',
    fate: 'translated',
    note: 'kept where the vendor enforces schemas',
  },
  'responses.item_id': {
    from: 'openai-responses',
    field: 'input[].id, status and phase',
    fate: 'dropped',
    note: 'ids of the vendor’s store',
  },
  'responses.reasoning_item': {
    from: 'openai-responses',
    field: 'reasoning items',
    fate: 'dropped',
    note: 'only its maker can decrypt it; kept for when that model returns',
  },
  'responses.tool_choice': {
    from: 'openai-responses',
    field: 'tool_choice of a list, a mode or a tool that the vendor runs',
    fate: 'dropped',
    note: 'all tools stay on offer',
  },
  'responses.schema': {
    from: 'openai-responses',
    field: 'text.format strict and description',
    fate: 'translated',
    note: 'strict where the schema allows it; the description is left out',
  },
  'responses.image_detail': {
    from: 'openai-responses',
    field: 'input_image.detail',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'responses.annotations': {
    from: 'openai-responses',
    field: 'output_text annotations and logprobs',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'responses.sampling': {
    from: 'openai-responses',
    field: 'temperature and top_p',
    fate: 'translated',
    note: 'at most 1 and one of the two for Anthropic; left out where the model thinks',
  },
  'responses.unknown': {
    from: 'openai-responses',
    field: 'fields that are not in the API as it was read in 2026-11',
    fate: 'dropped',
    note: 'nobody here knows what they mean',
  },
  'gemini.safety_settings': {
    from: 'gemini-generate-content',
    field: 'safetySettings and modelArmorConfig',
    fate: 'dropped',
    note: 'another vendor’s filters',
  },
  'gemini.labels': {
    from: 'gemini-generate-content',
    field: 'labels and store',
    fate: 'dropped',
    note: 'another vendor’s records',
  },
  'gemini.service_tier': {
    from: 'gemini-generate-content',
    field: 'serviceTier',
    fate: 'dropped',
    note: 'another vendor’s tiers',
  },
  'gemini.candidates': {
    from: 'gemini-generate-content',
    field: 'candidateCount',
    fate: 'dropped',
    note: 'one candidate is made',
  },
  'gemini.top_k': { from: 'gemini-generate-content', field: 'topK', fate: 'dropped', note: 'no counterpart' },
  'gemini.seed': { from: 'gemini-generate-content', field: 'seed', fate: 'dropped', note: 'no counterpart' },
  'gemini.penalties': {
    from: 'gemini-generate-content',
    field: 'presencePenalty and frequencyPenalty',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'gemini.media_options': {
    from: 'gemini-generate-content',
    field: 'mediaResolution, audioTimestamp and parts[] videoMetadata, mediaProcessing, partMetadata, speechMetadata',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'gemini.thinking': {
    from: 'gemini-generate-content',
    field: 'thinkingConfig',
    fate: 'translated',
    note: 'becomes an effort; thoughts come back where they are asked for',
  },
  'gemini.thought': {
    from: 'gemini-generate-content',
    field: 'parts[] thought and thoughtSignature',
    fate: 'dropped',
    note: 'only its maker accepts it; kept for when that model returns',
  },
  'gemini.system_parts': {
    from: 'gemini-generate-content',
    field: 'systemInstruction.parts[]',
    fate: 'translated',
    note: 'parts are joined',
  },
  'gemini.server_tool': {
    from: 'gemini-generate-content',
    field: 'tools[] but for functionDeclarations: googleSearch, codeExecution, urlContext and others',
    fate: 'dropped',
    note: 'runs on the vendor’s servers',
  },
  'gemini.parameters': {
    from: 'gemini-generate-content',
    field: 'functionDeclarations[].parameters with its nullable, example, propertyOrdering',
    fate: 'translated',
    note: 'becomes JSON Schema',
  },
  'gemini.schema': {
    from: 'gemini-generate-content',
    field: 'responseSchema with its nullable, example, propertyOrdering',
    fate: 'translated',
    note: 'becomes JSON Schema',
  },
  'gemini.function_response': {
    from: 'gemini-generate-content',
    field: 'functionDeclarations[].response, responseJsonSchema and behavior',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'gemini.tool_config': {
    from: 'gemini-generate-content',
    field:
      'toolConfig: mode VALIDATED, several allowedFunctionNames, streamFunctionCallArguments, retrievalConfig, includeServerSideToolInvocations',
    fate: 'dropped',
    note: 'all tools stay on offer',
  },
  'gemini.async_tools': {
    from: 'gemini-generate-content',
    field: 'functionResponse.willContinue and scheduling',
    fate: 'dropped',
    note: 'a result is whole',
  },
  'gemini.sampling': {
    from: 'gemini-generate-content',
    field: 'temperature and topP',
    fate: 'translated',
    note: 'at most 1 and one of the two for Anthropic; left out where the model thinks',
  },
  'gemini.stop_sequences': {
    from: 'gemini-generate-content',
    to: 'openai-responses',
    field: 'stopSequences',
    fate: 'dropped',
    note: 'no counterpart',
  },
  'gemini.unknown': {
    from: 'gemini-generate-content',
    field: 'fields that are not in the API as it was read in 2026-11, and enableEnhancedCivicAnswers',
    fate: 'dropped',
    note: 'nobody here knows what they mean',
  },
  'any.parallel_calls': {
    from: 'any',
    to: 'gemini-generate-content',
    field: 'parallel_tool_calls and disable_parallel_tool_use',
    fate: 'dropped',
    note: 'several calls at once cannot be forbidden',
  },
  'name.region': {
    from: 'any',
    field: 'model, where it names a region as Bedrock does',
    fate: 'dropped',
    note: 'answered at an endpoint that promises no region',
  },
  'headers.session': {
    from: 'any',
    field: 'headers that name the session and its thread',
    fate: 'translated',
    note: 'become prompt_cache_key where the endpoint takes one',
  },
  'headers.account': {
    from: 'any',
    field: 'openai-organization, openai-project, x-goog-user-project and idempotency-key headers',
    fate: 'dropped',
    note: 'another vendor’s records',
  },
  'headers.other': {
    from: 'any',
    field: 'headers that neither HTTP nor the client’s self-description needs',
    fate: 'dropped',
    note: 'nobody here knows what they mean elsewhere',
  },
} as const;

export type LossId = keyof typeof LOSSY_FIELDS;
