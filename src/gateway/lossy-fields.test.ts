import { describe, expect, test } from 'vitest';
import type { Wire } from '../domain/model.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, GPT, startGatewayKit } from '../testing/internal/gateway-kit.ts';
import type { Fields } from './fields.ts';
import { LOSSY_FIELDS } from './lossy-fields.ts';
import type { LossId, LossyField } from './lossy-fields.ts';
import { decodeCall, translateCall } from './translate-call.ts';

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

/** For each row, a request that holds the field. */
const SAMPLES: Readonly<Record<Exclude<LossId, 'anthropic.betas'>, Fields>> = {
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
  'anthropic.strict_tool': { ...anthropicBase, tools: [{ ...tool, strict: true }] },
  'anthropic.citations': anthropicTurn({ type: 'text', text: 'x', citations: [{}] }),
  'anthropic.document': anthropicBlocks({ type: 'document', source: { type: 'text', data: 'd' } }),
  'anthropic.thinking_block': anthropicTurn(
    { type: 'thinking', thinking: 't', signature: 's' },
    { type: 'text', text: 'x' },
  ),
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

const rows: readonly (readonly [LossId, LossyField])[] = Object.entries(LOSSY_FIELDS) as unknown as readonly (readonly [
  LossId,
  LossyField,
])[];
/** Read from a header, so tested where headers are. */
const inBodies = rows.flatMap(([id, field]) => (id === 'anthropic.betas' ? [] : [[id, field] as const]));
const foreign: Readonly<Record<Wire, readonly [typeof CLAUDE, typeof CLAUDE]>> = {
  'anthropic-messages': [GPT, CHAT],
  'openai-chat': [CLAUDE, GPT],
  'openai-responses': [CLAUDE, CHAT],
};

describe('the table of lossy fields', () => {
  test.each(inBodies)('%s is reported whenever a call that holds it is translated', (id, { from, field, fate }) => {
    for (const model of foreign[from]) {
      const inbound = decodeCall(from, SAMPLES[id], () => undefined);
      const { losses, body } = translateCall(inbound, model, {
        dialect: 'generic',
        cacheKey: 'k',
        reanchorAt: undefined,
      });
      expect(losses).toContain(id);
      const name = field.split(/[.[ ]/u)[0] ?? '';
      if (
        fate === 'dropped' &&
        !['messages', 'input', 'tools', 'system', 'reasoning', 'thinking', 'text', 'response_format', 'store'].includes(
          name,
        )
      ) {
        expect(Object.keys(body)).not.toContain(name);
      }
    }
  });

  test('beta switches in a header are reported with the answer', async () => {
    const vendor = await createScriptedServer({ models: [CHAT] });
    const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: [CHAT] });
    const answer = await kit.post('/v1/messages', { ...anthropicBase, model: CHAT.id }, { 'anthropic-beta': 'x' });
    expect(answer.headers.get('x-pointsman-losses')).toContain('anthropic.betas');
    await answer.arrayBuffer();
    expect(kit.calls[0]?.gateway?.losses).toContain('anthropic.betas');
    await kit.gateway.close();
    await vendor.close();
  });

  test('a plain call of each format loses nothing', () => {
    const plain: readonly (readonly [Wire, Fields])[] = [
      [
        'anthropic-messages',
        { ...anthropicBase, system: 'be brief', tools: [tool], temperature: 0.5, stop_sequences: ['x'] },
      ],
      [
        'openai-chat',
        chat({
          max_tokens: 5,
          temperature: 0.5,
          tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
        }),
      ],
      [
        'openai-responses',
        responses({ instructions: 'be brief', max_output_tokens: 5, tools: [{ type: 'function', name: 'f' }] }),
      ],
    ];
    for (const [wire, body] of plain) {
      for (const model of foreign[wire]) {
        const inbound = decodeCall(wire, body, () => undefined);
        expect(
          translateCall(inbound, model, { dialect: 'openai', cacheKey: 'k', reanchorAt: undefined }).losses,
        ).toEqual([]);
      }
    }
  });
});
