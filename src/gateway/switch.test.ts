import { afterEach, describe, expect, test } from 'vitest';
import type { ModelId } from '../domain/ids.ts';
import type { Model, Wire } from '../domain/model.ts';
import type { Script } from '../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, EVERY_WIRE, GPT, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { fieldsIn, listIn, type Fields } from '../wires/shared/fields.ts';
import { createSseParser } from '../wires/shared/sse.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

/** Thinks, reads a file that fails, thinks again, answers. */
const script: Script = (request) => {
  const turns = request.messages.filter((message) => message.role === 'assistant').length;
  if (turns === 0) {
    return {
      thinking: 'I should look.',
      text: 'Looking.',
      toolCalls: [
        { name: 'Read', input: { path: 'a.ts' } },
        { name: 'Read', input: { path: 'b.ts' } },
      ],
    };
  }
  if (turns === 1) return { thinking: 'One failed.', toolCalls: [{ name: 'Read', input: { path: 'c.ts' } }] };
  return { thinking: 'Enough.', text: `done by ${request.model}` };
};

interface Rig {
  readonly vendor: ScriptedServer;
  readonly kit: GatewayKit;
  /** Forces the model of the next calls. */
  readonly pin: (model: Model) => void;
}

async function rig(first: Model): Promise<Rig> {
  const vendor = await createScriptedServer({ script, strict: true, models: EVERY_WIRE });
  open.push(vendor);
  let pinned: ModelId = first.id;
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: EVERY_WIRE, deps: { pinned: () => pinned } });
  open.push(kit.gateway);
  return {
    vendor,
    kit,
    pin: (model) => {
      pinned = model.id;
    },
  };
}

/** A client of one wire format that keeps its transcript as that vendor's clients do. */
interface Client {
  turn(kit: GatewayKit): Promise<{ readonly text: string; readonly toolIds: readonly string[] }>;
  result(ids: readonly string[]): void;
  readonly transcript: readonly Fields[];
}

async function events(response: Response): Promise<readonly Fields[]> {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const found: Fields[] = [];
  const parser = createSseParser((event) => {
    if (event.data !== '[DONE]') found.push(fieldsIn(JSON.parse(event.data)));
  });
  parser.push(Buffer.from(await response.arrayBuffer()));
  return found;
}

function anthropicClient(): Client {
  const messages: Record<string, unknown>[] = [{ role: 'user', content: 'Fix the bug' }];
  const tools = [
    { name: 'Read', description: 'reads', input_schema: { type: 'object', properties: { path: { type: 'string' } } } },
  ];
  return {
    transcript: messages,
    async turn(kit) {
      const body = {
        model: 'auto',
        max_tokens: 1000,
        stream: true,
        thinking: { type: 'adaptive' },
        output_config: { effort: 'high' },
        system: [{ type: 'text', text: 'You are an agent. '.repeat(500), cache_control: { type: 'ephemeral' } }],
        tools,
        messages: messages.map((message, index) =>
          index === messages.length - 1 ? { ...message, content: marked(message['content']) } : message,
        ),
      };
      const blocks: Record<string, unknown>[] = [];
      for (const event of await events(await kit.post('/v1/messages', body, { 'x-claude-code-session-id': 's1' }))) {
        const index = event['index'] as number;
        const delta = fieldsIn(event['delta']);
        if (event['type'] === 'content_block_start') blocks[index] = { ...fieldsIn(event['content_block']) };
        const block = blocks[index];
        if (event['type'] !== 'content_block_delta' || block === undefined) continue;
        if (delta['type'] === 'text_delta') block['text'] = String(block['text']) + String(delta['text']);
        if (delta['type'] === 'thinking_delta')
          block['thinking'] = String(block['thinking']) + String(delta['thinking']);
        if (delta['type'] === 'signature_delta') block['signature'] = delta['signature'];
        if (delta['type'] === 'input_json_delta')
          block['json'] = ((block['json'] as string | undefined) ?? '') + String(delta['partial_json']);
      }
      for (const block of blocks) {
        if (typeof block['json'] === 'string') block['input'] = JSON.parse(block['json'] || '{}') as unknown;
        delete block['json'];
      }
      messages.push({ role: 'assistant', content: blocks });
      return {
        text: blocks.flatMap((block) => (block['type'] === 'text' ? [String(block['text'])] : [])).join(''),
        toolIds: blocks.flatMap((block) => (block['type'] === 'tool_use' ? [String(block['id'])] : [])),
      };
    },
    result(ids) {
      messages.push({
        role: 'user',
        content: ids.map((id, index) => ({
          type: 'tool_result',
          tool_use_id: id,
          content: `content ${index}`,
          ...(index === 1 ? { is_error: true } : {}),
        })),
      });
    },
  };
}

function marked(content: unknown): unknown {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : listIn(content).map(fieldsIn);
  return blocks.map((block, index) =>
    index === blocks.length - 1 ? { ...block, cache_control: { type: 'ephemeral' } } : block,
  );
}

function chatClient(): Client {
  const messages: Record<string, unknown>[] = [
    { role: 'system', content: 'You are an agent' },
    { role: 'user', content: 'Fix the bug' },
  ];
  const tools = [
    {
      type: 'function',
      function: { name: 'Read', parameters: { type: 'object', properties: { path: { type: 'string' } } } },
    },
  ];
  return {
    transcript: messages,
    async turn(kit) {
      const body = {
        model: 'auto',
        stream: true,
        stream_options: { include_usage: true },
        reasoning_effort: 'high',
        tools,
        messages,
      };
      let text = '';
      let thought = '';
      const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
      const chunks = await events(await kit.post('/v1/chat/completions', body, { 'x-session-id': 's1' }));
      for (const chunk of chunks) {
        const delta = fieldsIn(fieldsIn(listIn(chunk['choices'])[0])['delta']);
        if (typeof delta['content'] === 'string') text += delta['content'];
        if (typeof delta['reasoning_content'] === 'string') thought += delta['reasoning_content'];
        for (const raw of listIn(delta['tool_calls'])) {
          const call = fieldsIn(raw);
          const fn = fieldsIn(call['function']);
          const index = call['index'] as number;
          const known = (calls[index] ??= {
            id: String(call['id']),
            type: 'function',
            function: { name: String(fn['name']), arguments: '' },
          });
          known.function.arguments += typeof fn['arguments'] === 'string' ? fn['arguments'] : '';
        }
      }
      expect(chunks.at(-1)?.['usage']).toMatchObject({ prompt_tokens: expect.any(Number) as number });
      messages.push({
        role: 'assistant',
        content: text === '' ? null : text,
        reasoning_content: thought,
        ...(calls.length > 0 ? { tool_calls: calls } : {}),
      });
      return { text, toolIds: calls.map((call) => call.id) };
    },
    result(ids) {
      ids.forEach((id, index) => {
        messages.push({
          role: 'tool',
          tool_call_id: id,
          content: index === 1 ? '[tool error] no such file' : `content ${index}`,
        });
      });
    },
  };
}

function responsesClient(): Client {
  const input: Record<string, unknown>[] = [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You are an agent' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Fix the bug' }] },
  ];
  const tools = [
    { type: 'function', name: 'Read', parameters: { type: 'object', properties: { path: { type: 'string' } } } },
  ];
  return {
    transcript: input,
    async turn(kit) {
      const body = {
        model: 'auto',
        stream: true,
        store: false,
        include: ['reasoning.encrypted_content'],
        reasoning: { effort: 'high' },
        prompt_cache_key: 's1',
        tools,
        input,
      };
      const found = await events(await kit.post('/v1/responses', body));
      const items = found
        .filter((event) => event['type'] === 'response.output_item.done')
        .map((event) => fieldsIn(event['item']));
      input.push(...items.map((item) => ({ ...item })));
      expect(fieldsIn(found.at(-1))['type']).toBe('response.completed');
      return {
        text: items
          .flatMap((item) => listIn(item['type'] === 'message' ? item['content'] : []))
          .map((part) => String(fieldsIn(part)['text']))
          .join(''),
        toolIds: items.flatMap((item) => (item['type'] === 'function_call' ? [String(item['call_id'])] : [])),
      };
    },
    result(ids) {
      ids.forEach((id, index) => {
        input.push({
          type: 'function_call_output',
          call_id: id,
          output: index === 1 ? '[tool error] no such file' : `content ${index}`,
        });
      });
    },
  };
}

function geminiClient(): Client {
  const contents: Record<string, unknown>[] = [{ role: 'user', parts: [{ text: 'Fix the bug' }] }];
  const read = { name: 'Read', parametersJsonSchema: { type: 'object', properties: { path: { type: 'string' } } } };
  const names = new Map<string, string>();
  return {
    transcript: contents,
    async turn(kit) {
      const body = {
        systemInstruction: { parts: [{ text: 'You are an agent' }] },
        tools: [{ functionDeclarations: [read] }],
        generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true } },
        contents,
      };
      const chunks = await events(
        await kit.post('/v1beta/models/auto:streamGenerateContent?alt=sse', body, { 'x-session-id': 's1' }),
      );
      // As Google's own clients keep a turn: thoughts are shown and forgotten, every other part stays as it came.
      const parts = chunks
        .flatMap((chunk) => listIn(fieldsIn(fieldsIn(listIn(chunk['candidates'])[0])['content'])['parts']))
        .map(fieldsIn)
        .filter((part) => part['thought'] !== true);
      expect(fieldsIn(listIn(chunks.at(-1)?.['candidates'])[0])['finishReason']).toBe('STOP');
      expect(chunks.at(-1)?.['usageMetadata']).toMatchObject({ promptTokenCount: expect.any(Number) as number });
      contents.push({ role: 'model', parts });
      const calls = parts.map((part) => fieldsIn(part['functionCall'])).filter((call) => call['name'] !== undefined);
      for (const call of calls) names.set(String(call['id']), String(call['name']));
      return {
        text: parts.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join(''),
        toolIds: calls.map((call) => String(call['id'])),
      };
    },
    result(ids) {
      contents.push({
        role: 'user',
        parts: ids.map((id, index) => ({
          functionResponse: {
            id,
            name: names.get(id),
            response: index === 1 ? { error: 'no such file' } : { output: `content ${index}` },
          },
        })),
      });
    },
  };
}

const clients: readonly (readonly [Wire, () => Client])[] = [
  ['anthropic-messages', anthropicClient],
  ['openai-chat', chatClient],
  ['openai-responses', responsesClient],
  ['gemini-generate-content', geminiClient],
];
const models = EVERY_WIRE;
const rows = clients.flatMap(([wire, make]) =>
  models.flatMap((first) =>
    models
      .filter((other) => other !== first)
      .map((second) => [wire, first.id, second.id, make, first, second] as const),
  ),
);

describe('a session that is switched in an open tool loop and back', () => {
  test.each(rows)(
    '%s caller: %s → %s → back, accepted by vendors that check',
    async (_wire, _first, _second, make, first, second) => {
      const { vendor, kit, pin } = await rig(first);
      const client = make();
      const one = await client.turn(kit);
      expect(one.text).toBe('Looking.');
      expect(one.toolIds).toHaveLength(2);
      client.result(one.toolIds);
      pin(second);
      const two = await client.turn(kit);
      expect(two.toolIds).toHaveLength(1);
      client.result(two.toolIds);
      pin(first);
      expect((await client.turn(kit)).text).toBe(`done by ${first.wireModel}`);
      expect(vendor.unexpected).toEqual([]);
      expect(vendor.calls.map((call) => call.request.model)).toEqual([
        first.wireModel,
        second.wireModel,
        first.wireModel,
      ]);
      for (const call of vendor.calls.slice(1)) {
        const results = call.request.messages
          .flatMap((message) => (message.role === 'user' ? message.content : []))
          .filter((part) => part.type === 'tool-result');
        expect(JSON.stringify(results[1])).toMatch(/"isError":true|\[tool error\]/u);
        expect(call.request.effort === 'high' || call.request.model === CHAT.wireModel).toBe(true);
      }
      expect(kit.calls.map((call) => call.errorCode)).toEqual([undefined, undefined, undefined]);
      const toOpenai = vendor.calls.filter((call) => call.request.wire === 'openai-responses');
      for (const call of toOpenai) expect(fieldsIn(call.body)['prompt_cache_key']).toBe('s1');
    },
  );
});

describe('thinking', () => {
  test('comes back byte for byte to the model that issued it, and to no other', async () => {
    const { vendor, kit, pin } = await rig(CLAUDE);
    const client = anthropicClient();
    client.result((await client.turn(kit)).toolIds);
    pin(GPT);
    client.result((await client.turn(kit)).toolIds);
    pin(CLAUDE);
    await client.turn(kit);
    const [own, foreign] = client.transcript
      .filter((message) => message['role'] === 'assistant')
      .map((message) => fieldsIn(listIn(message['content'])[0]));
    const sent = JSON.stringify(vendor.calls[2]?.body);
    expect(sent).toContain(JSON.stringify(own?.['signature']));
    expect(sent).not.toContain(String(foreign?.['signature']));
    expect(JSON.stringify(vendor.calls[1]?.body)).not.toContain(String(own?.['signature']));
    expect(kit.calls.at(-1)?.gateway?.strippedThinkingCount).toBe(1);
  });

  test('of another vendor survives in an envelope and returns to it', async () => {
    const { vendor, kit, pin } = await rig(GPT);
    const client = anthropicClient();
    client.result((await client.turn(kit)).toolIds);
    pin(CLAUDE);
    client.result((await client.turn(kit)).toolIds);
    pin(GPT);
    await client.turn(kit);
    const issued = /"encrypted_content":"[^"]+"/u.exec(JSON.stringify(vendor.calls[2]?.body))?.[0];
    expect(issued).toBeDefined();
    expect(issued).not.toContain('pointsman');
  });
});

describe('cache markers', () => {
  test('gain one where the model left off, within the limit of four', async () => {
    const { vendor, kit, pin } = await rig(CLAUDE);
    const client = anthropicClient();
    client.result((await client.turn(kit)).toolIds);
    pin(GPT);
    client.result((await client.turn(kit)).toolIds);
    pin(CLAUDE);
    await client.turn(kit);
    const body = fieldsIn(vendor.calls[2]?.body);
    const markedMessages = listIn(body['messages']).map((message) => JSON.stringify(message).includes('cache_control'));
    expect(markedMessages).toEqual([true, false, false, false, true]);
    expect(vendor.calls[2]?.cache.readTokens).toBeGreaterThan(0);
  });
});
