import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { promptScript } from '../providers/scripted/prompt-script.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { installClient, runClient, temporaryFolder } from '../testing/internal/clients.ts';
import { EVERY_WIRE, startGatewayKit } from '../testing/internal/gateway-kit.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

/** A program of somebody's: one question, one tool, whole or streamed. */
const AI_SDK = `
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const [, , url, wire, isStreamed, prompt] = process.argv;
const key = { apiKey: 'local' };
const models = {
  'openai-chat': () => createOpenAI({ baseURL: url + '/v1', ...key }).chat('auto'),
  'openai-responses': () => createOpenAI({ baseURL: url + '/v1', ...key }).responses('auto'),
  'anthropic-messages': () => createAnthropic({ baseURL: url + '/v1', ...key })('auto'),
  'gemini-generate-content': () => createGoogleGenerativeAI({ baseURL: url + '/v1beta', ...key })('auto'),
};
const inputSchema = z.object({ a: z.number(), b: z.number() });
const add = tool({ description: 'Adds.', inputSchema, execute: async ({ a, b }) => 'sum ' + (a + b) });
const options = { model: models[wire](), tools: { add }, stopWhen: stepCountIs(4), prompt, maxRetries: 0 };
const text = isStreamed === 'true' ? await streamText({ ...options, onError: ({ error }) => { throw error; } }).text : (await generateText(options)).text;
console.log(text);
`;

const LANGCHAIN = `
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { ChatOpenAI } from '@langchain/openai';
import { tool } from '@langchain/core/tools';
import { z } from 'zod';

const [, , url, wire, isStreamed, prompt] = process.argv;
const common = { model: 'auto', apiKey: 'local', maxRetries: 0 };
const configuration = { baseURL: url + '/v1' };
const models = {
  'openai-chat': () => new ChatOpenAI({ ...common, configuration, useResponsesApi: false }),
  'openai-responses': () => new ChatOpenAI({ ...common, configuration, useResponsesApi: true }),
  'anthropic-messages': () => new ChatAnthropic({ ...common, anthropicApiUrl: url }),
  'gemini-generate-content': () => new ChatGoogleGenerativeAI({ ...common, baseUrl: url }),
};
const schema = z.object({ a: z.number(), b: z.number() });
const add = tool(async ({ a, b }) => 'sum ' + (a + b), { name: 'add', description: 'Adds.', schema });
const model = models[wire]().bindTools([add]);
const ask = async (messages) => {
  if (isStreamed !== 'true') return model.invoke(messages);
  let whole;
  for await (const part of await model.stream(messages)) whole = whole === undefined ? part : whole.concat(part);
  return whole;
};
const messages = [{ role: 'user', content: prompt }];
for (let turn = 0; turn < 4; turn += 1) {
  const answer = await ask(messages);
  messages.push(answer);
  if (!(answer.tool_calls?.length > 0)) {
    console.log(answer.text);
    break;
  }
  for (const call of answer.tool_calls) messages.push(await add.invoke(call));
}
`;

const WIRES = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini-generate-content'] as const;
const TIMEOUT_MS = 120_000;

describe.each([
  ['ai-sdk', AI_SDK],
  ['langchain', LANGCHAIN],
] as const)('programs with %s', (name, program) => {
  test.each(WIRES.flatMap((wire) => [false, true].map((isStreamed) => ({ wire, isStreamed }))))(
    'call a tool of theirs by every model: $wire, streamed $isStreamed',
    async ({ wire, isStreamed }) => {
      const installed = await installClient(name);
      if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
      const work = temporaryFolder('pointsman-sdk');
      cleanups.push(work.remove);
      symlinkSync(path.resolve(installed.file, '../..'), path.join(work.dir, 'node_modules'));
      const file = path.join(work.dir, 'program.mjs');
      writeFileSync(file, program);
      const prompt = `Add them. ${promptScript([
        { toolCalls: [{ name: 'add', input: { a: 19, b: 23 } }] },
        { text: 'They are added.' },
      ])}`;
      for (const model of EVERY_WIRE) {
        const vendor = await createScriptedServer({ models: EVERY_WIRE });
        const kit = await startGatewayKit({
          upstreamUrl: vendor.url,
          models: EVERY_WIRE,
          deps: { pinned: () => model.id },
        });
        cleanups.push(
          () => vendor.close(),
          () => kit.gateway.close(),
        );
        const run = await runClient(process.execPath, [file, kit.url, wire, String(isStreamed), prompt], {
          home: work.dir,
          cwd: work.dir,
          timeoutMs: TIMEOUT_MS,
          env: {},
        });
        expect(run.stdout, `${model.id}: ${run.stderr}`).toContain('They are added.');
        expect(kit.warnings).toEqual([]);
        expect(kit.calls.map((call) => call.requestedModel)).toEqual([model.id, model.id]);
        expect(JSON.stringify(vendor.calls.at(-1)?.request.messages)).toContain('sum 42');
      }
    },
  );
});
