import { describe, expect, test } from 'vitest';
import type { CallerWire, Model, Wire } from '../../domain/model.ts';
import { createScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, GEMINI, GPT, startGatewayKit } from '../../testing/internal/gateway-kit.ts';
import { translateCall } from '../translate-call.ts';
import { WIRE_FORMATS } from '../wire-formats.ts';
import type { Fields } from './fields.ts';
import { LOSSY_FIELDS, type LossId } from './lossy-fields.ts';

const user = { role: 'user', content: 'x' };
const anthropicBase = { model: 'm', max_tokens: 10, messages: [user] };
const anthropicBlocks = (...content: readonly object[]): Fields => ({
  ...anthropicBase,
  messages: [{ role: 'user', content }],
});
const anthropicTurn = (...content: readonly object[]): Fields => ({
  ...anthropicBase,
  messages: [user, { role: 'assistant', content }, user],
});
const chat = (fields: object): Fields => ({ model: 'm', messages: [user], ...fields });
const responses = (fields: object): Fields => ({ model: 'm', input: 'x', ...fields });
const tool = { name: 't', input_schema: { type: 'object' } };
const gemini = (fields: object): Fields => ({ contents: [{ role: 'user', parts: [{ text: 'x' }] }], ...fields });
const geminiConfig = (generationConfig: object): Fields => gemini({ generationConfig });
const geminiTurn = (...parts: readonly object[]): Fields =>
  gemini({
    contents: [
      { role: 'user', parts: [{ text: 'x' }] },
      { role: 'model', parts },
      { role: 'user', parts: [{ text: 'y' }] },
    ],
  });

type BodyLossId = Exclude<LossId, `headers.${string}` | `name.${string}` | `any.${string}`>;

/** For each row of bodies, a request that holds the field. */
const SAMPLES: Readonly<Record<BodyLossId, Fields>> = {
  'anthropic.top_k': { ...anthropicBase, top_k: 5 },
  'anthropic.metadata': { ...anthropicBase, metadata: { user_id: 'u' } },
  'anthropic.context_management': { ...anthropicBase, context_management: { edits: [] } },
  'anthropic.service_tier': { ...anthropicBase, service_tier: 'auto' },
  'anthropic.container': { ...anthropicBase, container: 'c' },
  'anthropic.mcp_servers': { ...anthropicBase, mcp_servers: [] },
  'anthropic.thinking': { ...anthropicBase, thinking: { type: 'adaptive' } },
  'anthropic.cache_control': anthropicBlocks({
    type: 'text',
    text: 'x',
    cache_control: { type: 'ephemeral', ttl: '1h' },
  }),
  'anthropic.billing_header': { ...anthropicBase, system: [{ type: 'text', text: 'x-anthropic-billing-header: a' }] },
  'anthropic.system_blocks': {
    ...anthropicBase,
    system: [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
  },
  'anthropic.defer_loading': { ...anthropicBase, tools: [{ ...tool, defer_loading: true }] },
  'anthropic.tool_reference': anthropicBlocks({
    type: 'tool_result',
    tool_use_id: 'i',
    content: [{ type: 'tool_reference', tool_name: 't' }],
  }),
  'anthropic.server_tool': { ...anthropicBase, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
  'anthropic.client_tool': { ...anthropicBase, tools: [{ type: 'bash_20250124', name: 'bash' }] },
  'anthropic.strict_tool': { ...anthropicBase, tools: [{ ...tool, strict: true }] },
  'anthropic.citations': anthropicTurn({ type: 'text', text: 'x', citations: [{}] }),
  'anthropic.document': anthropicBlocks({ type: 'document', source: { type: 'text', data: 'd' } }),
  'anthropic.thinking_block': anthropicTurn(
    { type: 'thinking', thinking: 't', signature: 's' },
    { type: 'text', text: 'x' },
  ),
  'anthropic.sampling': { ...anthropicBase, temperature: 0.3 },
  'anthropic.stop_sequences': { ...anthropicBase, stop_sequences: ['end'] },
  'anthropic.output_config': { ...anthropicBase, output_config: { task_budget: { total: 5 } } },
  'anthropic.unknown': { ...anthropicBase, inference_geo: 'eu' },
  'gemini.safety_settings': gemini({ safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }] }),
  'gemini.labels': gemini({ labels: { a: 'b' } }),
  'gemini.service_tier': gemini({ serviceTier: 'flex' }),
  'gemini.candidates': geminiConfig({ candidateCount: 2 }),
  'gemini.top_k': geminiConfig({ topK: 4 }),
  'gemini.seed': geminiConfig({ seed: 4 }),
  'gemini.penalties': geminiConfig({ presencePenalty: 1 }),
  'gemini.media_options': geminiConfig({ mediaResolution: 'MEDIA_RESOLUTION_LOW' }),
  'gemini.thinking': geminiConfig({ thinkingConfig: { thinkingLevel: 'LOW' } }),
  'gemini.thought': geminiTurn({ text: 'hm', thought: true, thoughtSignature: 's' }, { text: 'ok' }),
  'gemini.system_parts': gemini({ systemInstruction: { parts: [{ text: 'a' }, { text: 'b' }] } }),
  'gemini.server_tool': gemini({ tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'f' }] }] }),
  'gemini.parameters': gemini({
    tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: {} } }] }],
  }),
  'gemini.schema': geminiConfig({ responseMimeType: 'application/json', responseSchema: { type: 'STRING' } }),
  'gemini.function_response': gemini({
    tools: [{ functionDeclarations: [{ name: 'f', responseJsonSchema: { type: 'string' } }] }],
  }),
  'gemini.tool_config': gemini({
    tools: [{ functionDeclarations: [{ name: 'f' }] }],
    toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } },
  }),
  'gemini.async_tools': gemini({
    contents: [
      { role: 'user', parts: [{ text: 'x' }] },
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'o' }, scheduling: 'SILENT' } }] },
    ],
  }),
  'gemini.sampling': geminiConfig({ temperature: 1.5, topP: 0.5, thinkingConfig: { thinkingLevel: 'LOW' } }),
  'gemini.stop_sequences': geminiConfig({ stopSequences: ['end'] }),
  'gemini.unknown': gemini({ somethingNew: 1 }),
  'chat.prompt_cache_key': chat({ prompt_cache_key: 'k' }),
  'chat.strict_tool': chat({ tools: [{ type: 'function', function: { name: 'f', strict: true } }] }),
  'chat.custom_tool': {
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
    tools: [{ type: 'custom', custom: { name: 't' } }],
  },
  'chat.server_tool': chat({ tools: [{ type: 'web_search_preview' }] }),
  'chat.tool_choice': chat({ tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } }),
  'chat.schema': chat({
    response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: { type: 'object' } } },
  }),
  'chat.image_detail': chat({
    messages: [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.example/y', detail: 'low' } }] },
    ],
  }),
  'chat.sampling': chat({ temperature: 1.5, top_p: 0.5, reasoning_effort: 'high' }),
  'chat.stop': chat({ stop: ['end'] }),
  'chat.stream_options': chat({ stream_options: { include_obfuscation: false } }),
  'chat.unknown': chat({ top_k: 4 }),
  'responses.tool_choice': responses({ tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }),
  'responses.schema': responses({
    text: { format: { type: 'json_schema', name: 'a', strict: true, schema: { type: 'object' } } },
  }),
  'responses.image_detail': responses({
    input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x.example/y', detail: 'low' }] }],
  }),
  'responses.annotations': responses({
    input: [
      user,
      { role: 'assistant', content: [{ type: 'output_text', text: 'y', annotations: [{ type: 'url_citation' }] }] },
      user,
    ],
  }),
  'responses.sampling': responses({ temperature: 1.5, top_p: 0.5, reasoning: { effort: 'high' } }),
  'responses.unknown': responses({ context_management: [] }),
  'chat.n': chat({ n: 2 }),
  'chat.logprobs': chat({ logprobs: true }),
  'chat.logit_bias': chat({ logit_bias: {} }),
  'chat.penalties': chat({ presence_penalty: 1 }),
  'chat.seed': chat({ seed: 1 }),
  'chat.metadata': chat({ user: 'u' }),
  'chat.service_tier': chat({ service_tier: 'flex' }),
  'chat.modalities': chat({ modalities: ['text'] }),
  'chat.web_search': chat({ web_search_options: {} }),
  'chat.cache_options': chat({ prompt_cache_retention: '24h' }),
  'chat.verbosity': chat({ verbosity: 'low' }),
  'chat.json_object': chat({ response_format: { type: 'json_object' } }),
  'chat.message_name': chat({ messages: [{ ...user, name: 'n' }] }),
  'chat.reasoning_content': chat({
    messages: [user, { role: 'assistant', content: 'y', reasoning_content: 'r' }, user],
  }),
  'chat.functions': chat({ functions: [{ name: 'f' }] }),
  'responses.store': responses({ store: true }),
  'responses.include': responses({ include: [] }),
  'responses.client_metadata': responses({ client_metadata: {} }),
  'responses.service_tier': responses({ service_tier: 'flex' }),
  'responses.truncation': responses({ truncation: 'auto' }),
  'responses.verbosity': responses({ text: { verbosity: 'low' } }),
  'responses.json_object': responses({ text: { format: { type: 'json_object' } } }),
  'responses.reasoning_summary': responses({ reasoning: { summary: 'auto' } }),
  'responses.limits': responses({ max_tool_calls: 3 }),
  'responses.prompt_cache_key': responses({ prompt_cache_key: 'k' }),
  'responses.custom_tool': responses({ tools: [{ type: 'custom', name: 'patch' }] }),
  'responses.namespace': responses({ tools: [{ type: 'namespace', name: 'mcp__a', tools: [{ name: 'add' }] }] }),
  'responses.tool_search': responses({ tools: [{ type: 'tool_search' }] }),
  'responses.server_tool': responses({ tools: [{ type: 'web_search' }] }),
  'responses.strict_tool': responses({ tools: [{ type: 'function', name: 'f', strict: true }] }),
  'responses.item_id': responses({ input: [{ id: 'msg_1', role: 'user', content: 'x' }] }),
  'responses.reasoning_item': responses({
    input: [user, { type: 'reasoning', summary: [], encrypted_content: 'e' }, user],
  }),
};

/** What happens to a field when a call leaves the wire format it was written in. */
interface LossyField {
  readonly from: CallerWire | 'any';
  /** Only towards this format. Absent: towards every other. */
  readonly to?: Wire;
  /** Path in the caller's request. */
  readonly field: string;
  readonly fate: 'dropped' | 'translated';
  /** What stands in its place, or why nothing does. */
  readonly note: string;
}

const rows = Object.entries(LOSSY_FIELDS) as unknown as readonly (readonly [LossId, LossyField])[];
const foreign: Readonly<Record<CallerWire, readonly Model[]>> = {
  'anthropic-messages': [GPT, CHAT, GEMINI],
  'openai-chat': [CLAUDE, GPT, GEMINI],
  'openai-responses': [CLAUDE, CHAT, GEMINI],
  'gemini-generate-content': [CLAUDE, GPT, CHAT],
};
/** Every row of bodies with every model of another format that it is about. */
const crossings = rows.flatMap(([id, row]) => {
  const { from } = row;
  if (from === 'any') return [];
  return foreign[from]
    .filter((model) => row.to === undefined || row.to === model.wire)
    .map((model) => ({ id: id as BodyLossId, from, fate: row.fate, model, to: model.wire }));
});

function translate(
  wire: Wire,
  body: Fields,
  model: Model,
): { readonly losses: readonly string[]; readonly body: string } {
  const inbound = WIRE_FORMATS[wire].readRequest(body, () => undefined);
  const options = { dialect: 'openai', cacheKey: 'k', reanchorAt: undefined, promptTokens: 0 } as const;
  const { losses, body: sent } = translateCall(inbound, model, options);
  return { losses, body: JSON.stringify(sent) };
}

/** Temperatures are kept there whatever the effort, so these say nothing about it. */
const isKept = (id: BodyLossId, model: Model): boolean =>
  id.endsWith('.sampling') && (model === CHAT || model === GEMINI);

/** Where each value of a body stands, and the body without it; `type`, `role` and the like hold a body together. */
function* withoutEach(
  value: unknown,
  path: readonly string[] = [],
): Generator<{ readonly path: readonly string[]; readonly rest: unknown }> {
  if (value === null || typeof value !== 'object') return;
  const entries = Object.entries(value);
  for (const [key, inner] of entries) {
    const here = [...path, key];
    const others = entries.filter(([other]) => other !== key);
    const rest = Array.isArray(value) ? others.map(([, other]) => other as unknown) : Object.fromEntries(others);
    yield { path: here, rest };
    for (const deeper of withoutEach(inner, here)) {
      const changed = entries.map(([other, kept]) => [other, other === key ? deeper.rest : kept] as const);
      yield {
        path: deeper.path,
        rest: Array.isArray(value) ? changed.map(([, kept]) => kept as unknown) : Object.fromEntries(changed),
      };
    }
  }
}

/** What a request of each format may hold, all at once. */
const RICH: Readonly<Record<CallerWire, Fields>> = {
  'anthropic-messages': {
    model: 'm',
    max_tokens: 100,
    system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    tools: [
      {
        name: 't',
        description: 'does',
        input_schema: { type: 'object' },
        strict: true,
        defer_loading: true,
        cache_control: { type: 'ephemeral' },
      },
    ],
    tool_choice: { type: 'tool', name: 't', disable_parallel_tool_use: true },
    metadata: { user_id: 'u' },
    temperature: 0.5,
    top_p: 0.9,
    top_k: 3,
    stop_sequences: ['end'],
    stream: true,
    service_tier: 'auto',
    container: 'c',
    mcp_servers: [{ name: 'x' }],
    context_management: { edits: [{ type: 'y' }] },
    output_config: {
      effort: 'low',
      format: { type: 'json_schema', schema: { type: 'object' } },
      task_budget: { total: 3 },
    },
    inference_geo: 'eu',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'eA==' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'text', text: 'ok', citations: [{ type: 'page' }] },
          { type: 'tool_use', id: 'i', name: 't', input: { a: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'i',
            is_error: true,
            content: [
              { type: 'text', text: 'no' },
              { type: 'tool_reference', tool_name: 't2' },
            ],
          },
          {
            type: 'document',
            title: 'd',
            source: { type: 'text', media_type: 'text/plain', data: 'words' },
            cache_control: { type: 'ephemeral' },
          },
        ],
      },
      { role: 'system', content: 'be quick' },
      { role: 'user', content: 'go' },
    ],
  },
  'openai-chat': {
    model: 'm',
    max_completion_tokens: 100,
    reasoning_effort: 'low',
    temperature: 0.5,
    top_p: 0.9,
    stop: ['end'],
    n: 2,
    seed: 4,
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { 5: 1 },
    frequency_penalty: 1,
    presence_penalty: 1,
    metadata: { a: 'b' },
    store: true,
    user: 'u',
    safety_identifier: 'i',
    service_tier: 'flex',
    modalities: ['text'],
    verbosity: 'low',
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    web_search_options: {},
    top_k: 9,
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: true },
    parallel_tool_calls: false,
    tool_choice: { type: 'function', function: { name: 't' } },
    tools: [
      { type: 'function', function: { name: 't', description: 'does', parameters: { type: 'object' }, strict: true } },
    ],
    functions: [{ name: 'old', description: 'was', parameters: { type: 'object' } }],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'a', description: 'd', strict: true, schema: { type: 'object' } },
    },
    messages: [
      { role: 'system', content: 'be brief', name: 's' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'https://x.example/y', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: 'ok',
        reasoning_content: 'hm',
        tool_calls: [{ id: 'i', type: 'function', function: { name: 't', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'i', content: '[tool error] no' },
      { role: 'developer', content: 'be quick' },
      { role: 'user', content: 'go' },
    ],
  },
  'openai-responses': {
    model: 'm',
    instructions: 'be brief',
    max_output_tokens: 100,
    reasoning: { effort: 'low', summary: 'auto' },
    temperature: 0.5,
    top_p: 0.9,
    store: true,
    include: ['reasoning.encrypted_content'],
    client_metadata: { a: 'b' },
    metadata: { a: 'b' },
    service_tier: 'flex',
    truncation: 'auto',
    max_tool_calls: 3,
    top_logprobs: 2,
    prompt_cache_key: 'k',
    context_management: [{ type: 'x' }],
    stream: true,
    parallel_tool_calls: false,
    text: {
      verbosity: 'low',
      format: { type: 'json_schema', name: 'a', description: 'd', strict: true, schema: { type: 'object' } },
    },
    tool_choice: { type: 'function', name: 't' },
    tools: [
      { type: 'function', name: 't', description: 'does', parameters: { type: 'object' }, strict: true },
      { type: 'custom', name: 'patch', description: 'edits', format: { type: 'grammar', definition: 'g' } },
      {
        type: 'namespace',
        name: 'mcp__a',
        tools: [{ name: 'add', description: 'adds', parameters: { type: 'object' } }],
      },
      { type: 'tool_search', description: 'finds', parameters: { type: 'object' } },
      { type: 'web_search' },
    ],
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'look' },
          { type: 'input_image', image_url: 'https://x.example/y', detail: 'low' },
        ],
      },
      { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'e' },
      {
        type: 'message',
        id: 'm',
        role: 'assistant',
        phase: 'final',
        content: [{ type: 'output_text', text: 'ok', annotations: [{ type: 'u' }] }],
      },
      { type: 'function_call', id: 'f', call_id: 'i', namespace: 'mcp__a', name: 'add', arguments: '{"a":1}' },
      { type: 'function_call_output', call_id: 'i', output: '[tool error] no' },
      { role: 'developer', content: 'be quick' },
      { role: 'user', content: 'go' },
    ],
  },
  'gemini-generate-content': {
    systemInstruction: { parts: [{ text: 'be brief' }, { text: 'and kind' }] },
    tools: [
      {
        functionDeclarations: [
          {
            name: 't',
            description: 'does',
            behavior: 'BLOCKING',
            parameters: {
              type: 'OBJECT',
              properties: { a: { type: 'STRING', nullable: true, example: 'x' } },
              propertyOrdering: ['a'],
            },
            response: { type: 'STRING' },
          },
          { name: 'u', parametersJsonSchema: { type: 'object', properties: {} }, responseJsonSchema: { type: 'null' } },
        ],
      },
      { googleSearch: { searchTypes: {} } },
    ],
    toolConfig: {
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['t', 'u'] },
      retrievalConfig: { languageCode: 'de' },
    },
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }],
    labels: { a: 'b' },
    store: true,
    serviceTier: 'flex',
    somethingNew: 1,
    generationConfig: {
      maxOutputTokens: 100,
      temperature: 1.5,
      topP: 0.9,
      topK: 4,
      seed: 4,
      presencePenalty: 1,
      frequencyPenalty: 1,
      stopSequences: ['end'],
      candidateCount: 2,
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
      thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true },
      responseMimeType: 'application/json',
      responseSchema: {
        type: 'OBJECT',
        properties: { b: { type: 'INTEGER' } },
        required: ['b'],
        propertyOrdering: ['b'],
      },
    },
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'look' },
          {
            inlineData: { mimeType: 'image/png', data: 'eA==' },
            mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' },
            partMetadata: { a: 1 },
          },
        ],
      },
      {
        role: 'model',
        parts: [
          { text: 'hm', thought: true, thoughtSignature: 's' },
          { text: 'ok' },
          { functionCall: { id: 'i', name: 't', args: { a: 'x' } }, thoughtSignature: 's2' },
        ],
      },
      {
        role: 'user',
        parts: [{ functionResponse: { id: 'i', name: 't', response: { error: 'no' }, scheduling: 'SILENT' } }],
      },
      { role: 'user', parts: [{ text: 'go' }] },
    ],
  },
};

/** Structure, and what only the gateway reads: without these a body is another one or none. */
const STRUCTURE = new Set(['type', 'role', 'stream', 'model']);
const pairs = (Object.keys(foreign) as CallerWire[]).flatMap((wire) =>
  foreign[wire].map((model) => ({ wire, model, to: model.wire })),
);

describe('the table of lossy fields', () => {
  test.each(crossings)('$id is reported on the way to $to', ({ id, from, fate, model }) => {
    const { losses, body } = translate(from, SAMPLES[id], model);
    if (isKept(id, model)) return;
    expect(losses).toContain(id);
    if (fate === 'translated') return;
    // Nothing of a dropped field arrives: some part of the request can go without a trace but in the report.
    const silent = [...withoutEach(SAMPLES[id])].filter(({ rest }) => {
      const without = translate(from, rest as Fields, model);
      return without.body === body && !without.losses.includes(id);
    });
    expect(silent.length).toBeGreaterThan(0);
  });

  test.each(pairs)('whatever of a full $wire request does not reach $to is in it', ({ wire, model }) => {
    const full = translate(wire, RICH[wire], model);
    /** Parts that are lost and told: what is inside them is told with them. */
    const reported: string[] = [];
    const untold: string[] = [];
    for (const { path, rest } of withoutEach(RICH[wire])) {
      const at = `/${path.join('/')}`;
      const key = path.findLast((step) => !/^\d+$/u.test(step)) ?? '';
      if (STRUCTURE.has(key) || reported.some((outer) => at.startsWith(`${outer}/`))) continue;
      const without = translate(wire, rest as Fields, model);
      if (without.body !== full.body) continue;
      const isNamed = full.losses.some((id) => {
        const row = (LOSSY_FIELDS as Readonly<Record<string, LossyField>>)[id];
        return row !== undefined && path.some((step) => row.field.split(/[^\w]+/u).includes(step));
      });
      if (isNamed || without.losses.length < full.losses.length) reported.push(at);
      else untold.push(at);
    }
    expect(untold).toEqual([]);
    expect(reported.length).toBeGreaterThan(5);
  });

  test.each([
    ['headers.betas', { 'anthropic-beta': 'x' }],
    ['headers.betas', { 'openai-beta': 'x' }],
    ['headers.session', { 'x-claude-code-session-id': 's1' }],
    ['headers.session', { 'x-claude-code-session-id': 's1', 'x-claude-code-agent-id': 'a1' }],
    ['headers.session', { 'thread-id': 's1' }],
    ['headers.account', { 'openai-organization': 'o' }],
    ['headers.other', { 'x-initiator': 'agent' }],
  ])('%s: %j is told in header and record, and stays here', async (id, headers) => {
    const vendor = await createScriptedServer({ models: [CLAUDE, CHAT] });
    const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE, CHAT] });
    const answer = await kit.post('/v1/messages', { ...anthropicBase, model: CHAT.id }, headers);
    await answer.arrayBuffer();
    expect(answer.headers.get('x-pointsman-losses')).toBe(id);
    expect(kit.calls[0]?.gateway?.losses).toEqual([id]);
    for (const name of Object.keys(headers)) expect(vendor.calls[0]?.headers).not.toHaveProperty(name);

    const same = await kit.post('/v1/messages', { ...anthropicBase, model: CLAUDE.id }, headers);
    await same.arrayBuffer();
    expect(same.headers.get('x-pointsman-losses')).toBeNull();
    // Inside a wire format its own vendors' headers pass; another's have no business there.
    const isForeign = Object.keys(headers).some((name) => name.startsWith('openai-'));
    if (isForeign) for (const name of Object.keys(headers)) expect(vendor.calls[1]?.headers).not.toHaveProperty(name);
    else expect(vendor.calls[1]?.headers).toMatchObject(headers);
    await kit.gateway.close();
    await vendor.close();
  });

  test('a session header becomes the cache key of an endpoint that takes one, with the agent’s in it', async () => {
    const vendor = await createScriptedServer({ models: [GPT] });
    const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: [GPT], baseUrls: {} });
    const agents: readonly (string | undefined)[] = [undefined, 'a1', 'a2', 'a1'];
    for (const agent of agents) {
      const headers = {
        'x-claude-code-session-id': 's1',
        ...(agent === undefined ? {} : { 'x-claude-code-agent-id': agent }),
      };
      await (await kit.post('/v1/messages', { ...anthropicBase, model: GPT.id }, headers)).arrayBuffer();
    }
    const keys = vendor.calls.map((call) => (call.body as Fields)['prompt_cache_key']);
    expect(new Set(keys).size).toBe(3);
    expect(keys[1]).toBe(keys[3]);
    await kit.gateway.close();
    await vendor.close();
  });

  test('a plain call of each format loses nothing', () => {
    const plain: readonly (readonly [CallerWire, Fields])[] = [
      [
        'anthropic-messages',
        {
          ...anthropicBase,
          system: 'be brief',
          tools: [tool],
          stream: true,
          tool_choice: { type: 'auto' },
        },
      ],
      [
        'openai-chat',
        chat({
          max_tokens: 5,
          n: undefined,
          store: false,
          seed: null,
          stream_options: { include_usage: true },
          tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
        }),
      ],
      [
        'openai-responses',
        responses({ instructions: 'be brief', max_output_tokens: 5, tools: [{ type: 'function', name: 'f' }] }),
      ],
      [
        'gemini-generate-content',
        gemini({
          systemInstruction: { parts: [{ text: 'be brief' }] },
          tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
          toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
          generationConfig: { maxOutputTokens: 5, candidateCount: 1, responseMimeType: 'text/plain' },
        }),
      ],
    ];
    for (const [wire, body] of plain)
      for (const model of foreign[wire]) expect(translate(wire, body, model).losses).toEqual([]);
  });
});
