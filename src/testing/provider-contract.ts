// One file: the contract that every provider is held to, read as one list of clauses.

import assert from 'node:assert/strict';
import type { CallRequest, CallResult, StreamPart } from '../domain/call.ts';
import type { ErrorCode, PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import type { Message } from '../domain/transcript.ts';
import { promptTokens } from '../domain/usage.ts';
import { collect, collectOutcome } from '../providers/collect.ts';
import type { ModelProvider } from '../providers/provider.ts';
import type { ScriptedAnswer, ScriptedFailure } from '../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import type { EndpointConfig } from '../wires/shared/endpoint-config.ts';
import type { ContractCase } from './contract-case.ts';
import { modelId } from './model-builders.ts';
import {
  aCallRequest,
  aThinking,
  aTool,
  aToolCall,
  aToolResult,
  aUserMessage,
  anAssistantMessage,
} from './transcript-builders.ts';

export type MakeProvider = (
  server: { readonly url: string },
  overrides: Partial<EndpointConfig>,
) => { readonly provider: ModelProvider; readonly model: Model };

interface Bench {
  readonly server: ScriptedServer;
  readonly provider: ModelProvider;
  readonly model: Model;
  call(request?: Partial<CallRequest>): Promise<CallResult>;
  fail(request?: Partial<CallRequest>): Promise<PointsmanError>;
}

/** Long enough for every cache that is simulated. */
const LONG_SYSTEM = 'You are a careful engineer. '.repeat(400);
const KEY = 'sk-contract-0123456789abcdef';

/** A tool id that every vendor would have made itself. */
const NATIVE_ID = 'Abcdefgh9';

type MessagePart = Message['content'][number];

const FAILURES: readonly (readonly [ScriptedFailure, ErrorCode, boolean])[] = [
  [{ kind: 'rate-limited', retryAfterMs: 1500 }, 'provider-rate-limited', true],
  [{ kind: 'overloaded' }, 'provider-unavailable', true],
  [{ kind: 'server-error' }, 'provider-unavailable', true],
  [{ kind: 'refused-key' }, 'provider-auth', false],
  [{ kind: 'forbidden' }, 'provider-auth', false],
  [{ kind: 'out-of-credit' }, 'provider-rejected', false],
  [{ kind: 'context-overflow' }, 'context-overflow', false],
  [{ kind: 'rejected', message: 'messages: at least one message is required' }, 'provider-rejected', false],
  [{ kind: 'cut-stream' }, 'provider-unavailable', true],
  [{ kind: 'cut-stream', afterChunks: 0 }, 'provider-unavailable', true],
  [{ kind: 'overloaded-midway' }, 'provider-unavailable', true],
  [{ kind: 'broken-json' }, 'provider-protocol', false],
  [{ kind: 'raw', headers: { 'content-type': 'text/html' }, chunks: ['<html>'] }, 'provider-protocol', false],
  [{ kind: 'raw', chunks: [] }, 'provider-unavailable', true],
];

/** What every provider promises, over a scripted server. */
export function providerContract(makeProvider: MakeProvider): readonly ContractCase[] {
  const withBench = async (
    answers: readonly ScriptedAnswer[],
    body: (bench: Bench) => Promise<void>,
    overrides: Partial<EndpointConfig> = {},
  ): Promise<void> => {
    const server = await createScriptedServer({ strict: true, script: answers.map((answer) => ({ answer })) });
    try {
      const { provider, model } = makeProvider(server, { apiKey: KEY, ...overrides });
      const { signal } = new AbortController();
      const stream = (request: Partial<CallRequest> = {}): AsyncIterable<StreamPart> =>
        provider.stream(model, aCallRequest({ model: model.id, ...request }), { signal });
      await body({
        server,
        provider,
        model,
        call: (request) => collect(stream(request), { model }),
        fail: async (request) => {
          const outcome = await collectOutcome(stream(request), { model });
          assert.equal(outcome.kind, 'failed');
          return outcome.kind === 'failed' ? outcome.error : assert.fail();
        },
      });
      server.assertDone();
    } finally {
      await server.close();
    }
  };
  const contract = (
    name: string,
    answers: readonly ScriptedAnswer[],
    body: (bench: Bench) => Promise<void>,
  ): ContractCase => ({
    name,
    run: () => withBench(answers, body),
  });

  return [
    contract(
      'the parts of an answer come in order and end in one finish',
      [{ text: 'Hello, world. '.repeat(9) }],
      async (b) => {
        const parts: StreamPart[] = [];
        const { signal } = new AbortController();
        for await (const part of b.provider.stream(b.model, aCallRequest({ model: b.model.id }), { signal }))
          parts.push(part);
        const types = parts.map((part) => part.type);
        assert.deepEqual(
          types.filter((type) => type !== 'text-delta'),
          ['start', 'text-start', 'text-end', 'finish'],
        );
        assert.ok(types.filter((type) => type === 'text-delta').length > 1, 'streamed in more than one piece');
        const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('');
        assert.equal(text, 'Hello, world. '.repeat(9));
      },
    ),
    contract(
      'the buckets of usage are disjoint and add up to the prompt',
      [{ text: 'ok' }, { text: 'ok' }],
      async (b) => {
        const first = await b.call({ system: LONG_SYSTEM, cacheMarkers: newest(0) });
        const second = await b.call({ system: LONG_SYSTEM, cacheMarkers: newest(0) });
        const [seen] = b.server.calls;
        assert.ok(first.usage !== undefined && second.usage !== undefined && seen !== undefined);
        assert.equal(promptTokens(first.usage), seen.cache.promptTokens);
        assert.equal(promptTokens(second.usage), seen.cache.promptTokens);
        assert.ok((second.usage.cacheReadTokens ?? 0) > 2000, 'the second call reads the prefix');
      },
    ),
    contract(
      'a tool call and its result make the round trip, thinking and ids byte for byte',
      [
        {
          thinking: 'Where is it?',
          text: 'Looking.',
          toolCalls: [{ name: 'read_file', input: { path: 'ä "b"\n' }, id: NATIVE_ID }],
        },
        { text: 'Done.' },
      ],
      async (b) => {
        const tools = [aTool('read_file')];
        const question = aUserMessage('Read it.');
        const { message, finishReason } = await b.call({ tools, messages: [question] });
        assert.equal(finishReason, 'tool-calls');
        const call = message.content.find((part) => part.type === 'tool-call');
        assert.ok(call !== undefined);
        assert.deepEqual(call.input, { path: 'ä "b"\n' });
        const result = aToolResult('read_file', 'contents', { toolCallId: call.toolCallId });
        const after = await b.call({ tools, messages: [question, message, result] });
        assert.deepEqual(after.losses, []);
        const seen = b.server.calls[1]?.request.messages ?? [];
        const parts = seen.flatMap((m): readonly MessagePart[] => m.content);
        const sent = parts.find((part) => part.type === 'tool-call');
        assert.equal(sent?.toolCallId, call.toolCallId);
        assert.deepEqual(seen.at(-1), result);
      },
    ),
    contract('thinking of another model is left out and listed', [{ text: 'ok' }], async (b) => {
      const by = modelId('someone-else');
      const foreign = aThinking('secret plan', {
        by,
        wire: { type: 'thinking', thinking: 'secret plan', signature: 'AAAA' },
      });
      const messages = [aUserMessage('Hi'), anAssistantMessage(foreign, 'Hello.'), aUserMessage('Go on.')];
      const { losses } = await b.call({ messages });
      assert.deepEqual(losses, [{ kind: 'thinking-dropped', messageIndex: 1, issuedBy: by }]);
      assert.ok(!JSON.stringify(b.server.calls[0]?.body).includes('AAAA'));
    }),
    contract('tool ids of any shape are accepted, alike in call and result', [{ text: 'ok' }], async (b) => {
      const ids = ['functions.read:0', 'x'.repeat(100), 'a b', 'ünïcode'];
      const calls = ids.map((id) => aToolCall('read_file', { path: id }, id));
      const results = ids.map((id) => aToolResult('read_file', `result of ${id}`, { toolCallId: id }));
      const answers: Message = { role: 'user', content: results.flatMap((message) => message.content as never[]) };
      await b.call({
        tools: [aTool('read_file')],
        messages: [aUserMessage('Hi'), anAssistantMessage(...calls), answers],
      });
      const parts = (b.server.calls[0]?.request.messages ?? []).flatMap(
        (message): readonly unknown[] => message.content,
      );
      const pairs = parts as readonly { type: string; toolCallId: string; content: readonly { text: string }[] }[];
      const sent = pairs.filter((part) => part.type === 'tool-call').map((part) => part.toolCallId);
      assert.equal(new Set(sent).size, ids.length);
      const answered = pairs.filter((part) => part.type === 'tool-result');
      assert.deepEqual(
        answered.map((part) => part.toolCallId),
        sent,
      );
      assert.deepEqual(
        answered.map((part) => part.content[0]?.text),
        ids.map((id) => `result of ${id}`),
      );
    }),
    contract('a failed tool is told to the model', [{ text: 'ok' }], async (b) => {
      const result = aToolResult('read_file', 'no such file', { isError: true, toolCallId: NATIVE_ID });
      const messages = [aUserMessage('Hi'), anAssistantMessage(aToolCall('read_file', {}, NATIVE_ID)), result];
      await b.call({ tools: [aTool('read_file')], messages });
      assert.deepEqual(b.server.calls[0]?.request.messages.at(-1), result);
    }),
    contract(
      'several tool calls keep their order',
      [{ toolCalls: ['a', 'b', 'c'].map((path) => ({ name: 'read_file', input: { path } })) }],
      async (b) => {
        const { message } = await b.call({ tools: [aTool('read_file')] });
        const paths = message.content.map((part) => (part.type === 'tool-call' ? part.input['path'] : part.type));
        assert.deepEqual(paths, ['a', 'b', 'c']);
      },
    ),
    contract(
      'an answer cut by the output limit finishes as length',
      [{ text: 'half', finish: 'length' }],
      async (b) => {
        assert.equal((await b.call()).finishReason, 'length');
      },
    ),
    ...FAILURES.map(([failure, code, retryable]) =>
      contract(
        `${describeFailure(failure)} is ${code}`,
        [{ text: 'Some words before it. '.repeat(5), failure }],
        async (b) => {
          const error = await b.fail();
          assert.equal(error.code, code, error.message);
          assert.equal(error.retryable, retryable);
          assert.ok(error.hint !== undefined && error.hint !== '', 'says what to do');
          if (failure.kind === 'rate-limited') assert.equal(error.details['retryAfterMs'], 1500);
        },
      ),
    ),
    {
      name: 'silence longer than the idle limit is provider-timeout',
      run: () =>
        withBench(
          [{ text: 'a b c d e f', failure: { kind: 'stall', afterChunks: 2 } }],
          async (b) => {
            const error = await b.fail();
            assert.equal(error.code, 'provider-timeout');
            assert.equal(error.details['clock'], 'idleTimeoutMs');
            assert.equal(await b.server.calls[0]?.ended, 'closed-by-client');
          },
          { idleTimeoutMs: 60 },
        ),
    },
    {
      name: 'a call longer than the whole limit is provider-timeout',
      run: () =>
        withBench(
          [{ text: 'word '.repeat(2000), chunkDelayMs: 5 }],
          async (b) => {
            const error = await b.fail();
            assert.equal(error.code, 'provider-timeout');
            assert.equal(error.details['clock'], 'timeoutMs');
          },
          { timeoutMs: 80 },
        ),
    },
    contract(
      'an abort closes the socket and ends in aborted',
      [{ text: 'word '.repeat(9), failure: { kind: 'stall' } }],
      async (b) => {
        const controller = new AbortController();
        const parts: StreamPart[] = [];
        for await (const part of b.provider.stream(b.model, aCallRequest({ model: b.model.id }), {
          signal: controller.signal,
        })) {
          parts.push(part);
          if (part.type === 'text-delta') controller.abort();
        }
        const last = parts.at(-1);
        assert.ok(last?.type === 'error');
        assert.equal(last.error.code, 'aborted');
        assert.equal(await b.server.calls[0]?.ended, 'closed-by-client');
      },
    ),
    contract(
      'leaving the stream early closes the socket',
      [{ text: 'word '.repeat(9), failure: { kind: 'stall' } }],
      async (b) => {
        const { signal } = new AbortController();
        for await (const part of b.provider.stream(b.model, aCallRequest({ model: b.model.id }), { signal })) {
          if (part.type === 'text-delta') break;
        }
        assert.equal(await b.server.calls[0]?.ended, 'closed-by-client');
      },
    ),
    contract('a call that is aborted before it begins sends nothing', [], async (b) => {
      const parts: StreamPart[] = [];
      for await (const part of b.provider.stream(b.model, aCallRequest(), { signal: AbortSignal.abort() }))
        parts.push(part);
      assert.deepEqual(
        parts.map((part) => part.type === 'error' && part.error.code),
        ['aborted'],
      );
      assert.equal(b.server.calls.length, 0);
    }),
    contract(
      'a key that the vendor repeats in its error is not repeated by us',
      [
        {
          failure: { kind: 'raw', status: 401, headers: { 'content-type': 'application/json' }, chunks: [echoOf(KEY)] },
        },
      ],
      async (b) => {
        const error = await b.fail();
        const shown = `${error.stack}${JSON.stringify(error)}${JSON.stringify(error.details)}${String(error.cause)}`;
        assert.equal(error.code, 'provider-auth');
        assert.ok(!shown.includes(KEY), shown);
      },
    ),
    {
      name: 'an endpoint that nobody listens on is provider-unavailable',
      run: async () => {
        const server = await createScriptedServer();
        await server.close();
        const { provider, model } = makeProvider(server, { apiKey: KEY });
        const { signal } = new AbortController();
        const outcome = await collectOutcome(provider.stream(model, aCallRequest(), { signal }), { model });
        assert.ok(outcome.kind === 'failed');
        assert.equal(outcome.error.code, 'provider-unavailable');
        assert.equal(outcome.error.details['networkCode'], 'ECONNREFUSED');
        assert.ok(outcome.error.retryable);
      },
    },
  ];
}

function newest(messageIndex: number): CallRequest['cacheMarkers'] {
  return [{ messageIndex, ttl: 'default', purpose: 'newest' }];
}

function echoOf(key: string): string {
  const message = `Incorrect API key provided: ${key}. Check it.`;
  return JSON.stringify({ type: 'error', error: { type: 'authentication_error', message, code: 'invalid_api_key' } });
}

function describeFailure(failure: ScriptedFailure): string {
  if (failure.kind === 'raw')
    return failure.chunks.length === 0 ? 'an empty stream' : 'an answer that is no event stream';
  return failure.kind === 'cut-stream' && failure.afterChunks === 0
    ? 'a stream cut at once'
    : failure.kind.replaceAll('-', ' ');
}
