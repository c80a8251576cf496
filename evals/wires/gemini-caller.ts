import {
  FunctionCallingConfigMode,
  GoogleGenAI,
  type Content,
  type GenerateContentConfig,
  type GenerateContentParameters,
  type GenerateContentResponse,
  type Part,
} from '@google/genai';
import { parseExactJson } from '../../src/domain/json.ts';
import { recordingFetch, type Caller, type Received } from './caller.ts';
import { digitsKept } from './digits.ts';
import { chance, type Random, type Talk, type TalkPart, type TalkTurn } from './talk.ts';

/** Google's generateContent, through `@google/genai`. */
export const geminiCaller: Caller = {
  wire: 'gemini-generate-content',
  write: (talk, model, random) => ({
    model,
    contents: talk.turns.flatMap((turn) => contents(turn, random)),
    config: config(talk),
  }),
  send: async (body, { url, isStream, headers }) => {
    const { fetch: recorded, seen } = recordingFetch();
    const original = globalThis.fetch;
    const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url, headers: { ...headers } } });
    const params = body as GenerateContentParameters;
    // The SDK has no place for a fetch of one's own; one call runs at a time.
    globalThis.fetch = async (input, init) => recorded(input, init, original);
    try {
      const chunks: GenerateContentResponse[] = [];
      if (isStream) for await (const chunk of await client.models.generateContentStream(params)) chunks.push(chunk);
      else chunks.push(await client.models.generateContent(params));
      return received(chunks, seen());
    } finally {
      globalThis.fetch = original;
    }
  },
};

function contents(turn: TalkTurn, random: Random): readonly Content[] {
  switch (turn.role) {
    case 'user':
      return [{ role: 'user', parts: turn.parts.map(part) }];
    case 'system':
      return [{ role: 'user', parts: [{ text: turn.text }] }];
    case 'assistant': {
      const { text, thought, calls } = turn;
      const withIds = chance(random, 0.5);
      const said: Part[] = [
        ...(thought === undefined ? [] : [{ text: thought, thought: true }]),
        ...(text === '' ? [] : [{ text }]),
        ...calls.map(({ id, name, json }) => ({
          functionCall: { ...(withIds ? { id } : {}), name, args: parseExactJson(json) as Record<string, unknown> },
        })),
      ];
      const results = calls.map(({ id, name, result, isError }): Part => {
        const texts = result.flatMap((one) => (one.kind === 'text' ? [one.text] : []));
        return {
          functionResponse: {
            ...(withIds ? { id } : {}),
            name,
            response: { [isError ? 'error' : 'output']: texts.join('\n') },
          },
        };
      });
      return [{ role: 'model', parts: said }, ...(results.length === 0 ? [] : [{ role: 'user', parts: results }])];
    }
  }
}

function part(one: TalkPart): Part {
  switch (one.kind) {
    case 'text':
      return { text: one.text };
    case 'image':
    case 'pdf':
    case 'audio':
      return { inlineData: { mimeType: one.mediaType, data: one.data } };
    case 'image-url':
      return { fileData: { mimeType: 'image/png', fileUri: one.url } };
  }
}

function config(talk: Talk): GenerateContentConfig {
  return {
    ...(talk.system.length === 0 ? {} : { systemInstruction: { parts: talk.system.map((text) => ({ text })) } }),
    ...(talk.maxTokens === undefined ? {} : { maxOutputTokens: talk.maxTokens }),
    ...(talk.temperature === undefined ? {} : { temperature: talk.temperature }),
    ...(talk.topP === undefined ? {} : { topP: talk.topP }),
    ...(talk.stop.length === 0 ? {} : { stopSequences: [...talk.stop] }),
    ...(talk.effort === undefined ? {} : { thinkingConfig: { includeThoughts: true } }),
    ...(talk.schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: talk.schema }),
    ...tools(talk),
  };
}

function tools(talk: Talk): GenerateContentConfig {
  if (talk.tools.length === 0) return {};
  const choice = talk.toolChoice;
  const mode =
    choice === undefined || choice === 'auto'
      ? FunctionCallingConfigMode.AUTO
      : choice === 'none'
        ? FunctionCallingConfigMode.NONE
        : FunctionCallingConfigMode.ANY;
  const named = typeof choice === 'object' ? { allowedFunctionNames: [choice.tool] } : {};
  return {
    tools: [
      {
        functionDeclarations: talk.tools.map(({ name, description, schema }) => ({
          name,
          ...(description === undefined ? {} : { description }),
          parametersJsonSchema: schema,
        })),
      },
    ],
    ...(choice === undefined ? {} : { toolConfig: { functionCallingConfig: { mode, ...named } } }),
  };
}

function received(
  chunks: readonly GenerateContentResponse[],
  seen: { readonly text: string; readonly headers: Headers },
): Received {
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const finish = chunks.map((chunk) => chunk.candidates?.[0]?.finishReason).findLast((one) => one !== undefined);
  const calls = parts.flatMap(({ functionCall: call }) =>
    call === undefined ? [] : [{ name: call.name ?? '', json: digitsKept(call.args ?? {}, seen.text) }],
  );
  return {
    text: parts.map((one) => (one.thought === true ? '' : (one.text ?? ''))).join(''),
    refusal: '',
    calls,
    finish: finishOf(finish, calls.length > 0),
    flaw: undefined,
    headers: seen.headers,
  };
}

/** Its reasons know no tool calls: an answer with calls ends as any other. */
function finishOf(reason: string | undefined, hasCalls: boolean): Received['finish'] {
  if (reason === 'STOP') return hasCalls ? 'tool-calls' : 'stop';
  if (reason === 'MAX_TOKENS') return 'length';
  return reason === undefined ? 'other' : 'refusal';
}
