import { PointsmanError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Tokens } from '../domain/time.ts';
import { CHARS_PER_TOKEN, userMessage, type ToolSpec } from '../domain/transcript.ts';
import type { ModelQuestion, AskOutcome, AskModel } from './ask-model.ts';
import type { ProbeEntry, QuirkState } from './journal.ts';
import { createDraw } from './tasks/draw.ts';
import { jsonOf } from './tasks/schema.ts';

/** One question to a server: what it understands, and how it behaves. */
export interface Probe {
  readonly id: string;
  /** What a person reads. */
  readonly title: string;
  readonly ask: ModelQuestion;
  readonly judge: (asked: FinishedAsk) => Judged;
}

/** A finished call, with its words and tool calls in sight. */
interface FinishedAsk extends AskOutcome {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: JsonObject }[];
}

interface Judged {
  readonly state: QuirkState;
  readonly detail: string;
  readonly tokens?: number | undefined;
}

const yes = (detail: string): Judged => ({ state: 'yes', detail });
const no = (detail: string): Judged => ({ state: 'no', detail });

const add: ToolSpec = {
  name: 'add',
  description: 'The sum of two numbers.',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: 'integer' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
};

const colour: JsonObject = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['red', 'blue'] }, count: { type: 'integer' } },
  required: ['colour', 'count'],
  additionalProperties: false,
};

/** AskOutcome first: if this has no answer, nothing else will. */
export const FIRST_PROBE = 'stream';

export const PROBES: readonly Probe[] = [
  {
    id: FIRST_PROBE,
    title: 'streams its answers',
    ask: {
      messages: [userMessage('Write the numbers from 1 to 150 in words, separated by blanks, and nothing else.')],
    },
    judge: ({ pieceCount, text }) =>
      pieceCount > 3 ? yes(`${pieceCount} pieces`) : no(text === '' ? 'an empty answer' : 'the answer came at once'),
  },
  {
    id: 'usage',
    title: 'tells the tokens of a stream',
    ask: { messages: [userMessage('Say good morning.')] },
    judge: ({ promptTokens }) =>
      promptTokens === undefined
        ? no('without them no bill can be worked out')
        : yes(`${promptTokens} tokens of prompt for a short question`),
  },
  {
    id: 'system',
    title: 'follows a system prompt',
    ask: {
      system: 'Whatever you are asked, your answer begins with the word LANTERN in capitals.',
      messages: [userMessage('What is the capital of France?')],
    },
    judge: ({ text }) => (/^\W*LANTERN\b/u.test(text) ? yes('') : no('it answered as if there were none')),
  },
  {
    id: 'tools',
    title: 'calls tools',
    ask: { tools: [add], messages: [userMessage('Use the tool to add 41 and 27.')] },
    judge: ({ calls }) => {
      const [call] = calls;
      if (call === undefined) return no('it wrote words instead');
      const isRight = call.name === 'add' && Number(call.input['a']) + Number(call.input['b']) === 68;
      const isTyped = typeof call.input['a'] === 'number' && typeof call.input['b'] === 'number';
      return isRight ? yes(isTyped ? '' : 'numbers come as texts') : no('it called it with something else');
    },
  },
  {
    id: 'parallel-tools',
    title: 'calls several tools at once',
    ask: {
      tools: [add],
      messages: [userMessage('Use the tool for three sums in one go, without waiting: 1+2, 30+4 and 500+6.')],
    },
    judge: ({ calls }) => (calls.length > 1 ? yes(`${calls.length} in one answer`) : no('one after the other')),
  },
  {
    id: 'schema',
    title: 'keeps to a JSON schema',
    ask: {
      messages: [userMessage('There are 12 blue cups. Give colour and count as JSON.')],
      responseSchema: { name: 'cups', schema: colour },
    },
    judge: ({ text }) => {
      const value = jsonOf(text) as { readonly colour?: unknown; readonly count?: unknown } | undefined;
      const isMet = value?.colour === 'blue' && value.count === 12 && Object.keys(value).length === 2;
      const isBare = text.trim().startsWith('{');
      if (!isMet) return no('the answer does not satisfy it');
      return isBare ? yes('') : no('the JSON stands inside other words');
    },
  },
];

const LEAST_CONTEXT: Tokens = 2048;

/** Sizes of prompts that are tried, each twice the one before, the last a little under the whole window. */
export function contextSizes(most: Tokens): readonly Tokens[] {
  const sizes: Tokens[] = [];
  for (let size = LEAST_CONTEXT; size < most; size *= 2) sizes.push(size);
  return [...sizes, Math.max(LEAST_CONTEXT, most)].map((size) => Math.floor(size * 0.9));
}

/** A long text with two things to find, one at its very beginning: servers that cut prompts cut them there. */
export function contextProbe(size: Tokens, seed: number): Probe {
  const draw = createDraw(`context ${size} ${seed}`);
  const [first, second] = [draw.int(10_000, 99_999), draw.int(10_000, 99_999)];
  const line = (): string => `The shelf of ${draw.word()} holds ${draw.int(2, 99)} jars of ${draw.word()}.`;
  const lines = [`The number of the gate is ${first}.`];
  let length = 0;
  // About three characters to a token in text of this kind.
  while (length < size * 3) {
    const next = line();
    lines.push(next);
    length += next.length + 1;
  }
  lines.splice(Math.floor(lines.length * draw.int(40, 60) * 0.01), 0, `The number of the cellar is ${second}.`);
  const question = 'What are the numbers of the gate and of the cellar? Answer with the two numbers alone.';
  return {
    id: `context-${size}`,
    title: `finds its way in ${size} tokens`,
    ask: { messages: [userMessage(`${lines.join('\n')}\n\n${question}`)] },
    judge: ({ text, promptTokens }) => {
      const tokens = promptTokens ?? Math.floor(lines.join('\n').length / CHARS_PER_TOKEN);
      const found = [first, second].filter((number) => text.replaceAll(/[,._ ]/gu, '').includes(String(number)));
      if (found.length === 2) return { state: 'yes', detail: '', tokens };
      const lost = found.includes(first) ? 'middle' : 'beginning';
      return { state: 'no', detail: `what stood at its ${lost} was lost`, tokens };
    },
  };
}

/** Codes that say something of the server, and nothing of this evaluation. */
const SAYS_SOMETHING = new Set(['provider-rejected', 'context-overflow', 'provider-protocol']);

/** Asks one probe. @throws PointsmanError what keeps the evaluation from going on */
export async function askProbe(probe: Probe, ask: AskModel): Promise<ProbeEntry> {
  const asked = await ask(probe.ask);
  const { outcome, timing } = asked;
  const base = { v: 1, what: 'probe', id: probe.id, ...(timing === undefined ? {} : { timing }) } as const;
  if (outcome.kind === 'failed') {
    const { error } = outcome;
    if (!SAYS_SOMETHING.has(error.code) || probe.id === FIRST_PROBE) throw error;
    return { ...base, state: 'refused', detail: error.message.slice(0, 300) };
  }
  const { content } = outcome.result.message;
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = content.flatMap((part) =>
    part.type === 'tool-call' ? [{ name: part.toolName, input: part.input }] : [],
  );
  if (probe.id === FIRST_PROBE && text === '' && outcome.result.finishReason !== 'length') throw empty();
  const { state, detail, tokens } = probe.judge({ ...asked, text, calls });
  return { ...base, state, detail, ...(tokens === undefined ? {} : { tokens }) };
}

function empty(): PointsmanError {
  return new PointsmanError('provider-protocol', 'The model answered a plain question with nothing at all.', {
    hint: 'Look at the address and the name of the model, and whether the server speaks the format that is asked for (--wire).',
  });
}
