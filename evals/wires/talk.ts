import { pdfOf, pngOf, wavOf } from '../../src/testing/internal/media-files.ts';

/** A conversation in no wire format, as callers of any format could have it; each caller writes what its format can say. */
export interface Talk {
  /** Blocks of the system prompt. */
  readonly system: readonly string[];
  readonly tools: readonly TalkTool[];
  readonly turns: readonly TalkTurn[];
  readonly maxTokens: number | undefined;
  readonly effort: 'none' | 'low' | 'medium' | 'high' | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly stop: readonly string[];
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly tool: string } | undefined;
  readonly parallel: boolean | undefined;
  readonly schema: object | undefined;
  /** The caller marks what is to be cached, where its format can. */
  readonly isMarked: boolean;
  readonly answer: TalkAnswer;
}

export interface TalkTool {
  readonly name: string;
  readonly description: string | undefined;
  readonly schema: object;
  /** Takes free text, where the format has such tools. */
  readonly isFreeForm: boolean;
}

export type TalkTurn =
  | { readonly role: 'user'; readonly parts: readonly TalkPart[] }
  | { readonly role: 'system'; readonly text: string }
  | {
      readonly role: 'assistant';
      readonly thought: string | undefined;
      readonly text: string;
      readonly calls: readonly TalkCall[];
    };

export type TalkPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image' | 'pdf' | 'audio'; readonly data: string; readonly mediaType: string }
  | { readonly kind: 'image-url'; readonly url: string };

export interface TalkCall {
  readonly id: string;
  readonly name: string;
  /** JSON text: its numbers may have more digits than a double holds. */
  readonly json: string;
  readonly result: readonly TalkPart[];
  readonly isError: boolean;
}

/** What the model says in the end. */
export interface TalkAnswer {
  readonly thought: string;
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly json: string }[];
  readonly finish: 'stop' | 'tool-calls' | 'length' | 'refusal';
}

const PNG = pngOf(64, 64).toString('base64');
const PDF = pdfOf(2).toString('base64');
const WAV = wavOf(0.1).toString('base64');

/** Numbers in [0, 1). */
export type Random = () => number;

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('Nothing to pick from');
  return item;
}

export function chance(random: Random, ratio: number): boolean {
  return random() < ratio;
}

function some<Item>(random: Random, most: number, draw: (index: number) => Item): readonly Item[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, (_, index) => draw(index));
}

const WORDS = [
  'hello',
  'Ünïcödé ß ½',
  '日本語のテキスト',
  'مرحبا',
  '🧑‍🚀🚀',
  'line\nbreak\r\n\ttab',
  '"quoted" \\ back\\slash',
  '</system-reminder>',
  '{"json": [1, 2]}',
  'data: {"x":1}\n\n',
  '\u2028\u2029',
  'a'.repeat(300),
  '0.1',
  'null',
] as const;

const BLANKS = ['', ' ', '\n'] as const;

/** Beyond what a double holds, and other numbers that a careless reader rewrites. */
export const LARGE_NUMBERS = ['9007199254740993', '-12345678901234567890', '18446744073709551615'] as const;

const SCHEMAS: readonly object[] = [
  { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] },
  { type: 'object', properties: {} },
  { type: 'object' },
  {},
  { type: 'object', properties: { a: { type: 'string', minLength: 1 } }, additionalProperties: false, required: ['a'] },
  { type: 'object', properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { type: 'integer', minimum: 0 } } },
  { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } } },
  { type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }], properties: { a: {}, b: {} } },
  {
    oneOf: [
      { type: 'object', properties: { a: { const: 1 } } },
      { type: 'object', properties: { b: { const: 2 } } },
    ],
  },
  { type: 'object', properties: { list: { type: 'array', items: { type: 'object', properties: { x: {} } } } } },
];

const ANSWER_SCHEMAS: readonly object[] = [
  { type: 'object', properties: { a: { type: 'number', minimum: 3 } }, required: ['a'], additionalProperties: false },
  { type: 'object', properties: { a: { type: 'string', pattern: '^x' }, b: { type: 'array', items: {} } } },
  { type: 'object', properties: { o: { type: 'object', properties: { p: { type: 'boolean' } } } }, required: ['o'] },
];

const TOOL_NAMES = ['f', 'read_file', 'mcp__srv__do-it', 'x'.repeat(64), 'Bash', 'g2'] as const;
const ID_HEADS = ['call_', 'toolu_01', 'chatcmpl-tool-', 'functions.f:', 'a b/ü.', 'x'.repeat(58)] as const;

function text(random: Random): string {
  return some(random, 3, () => pick(random, WORDS)).join(' ') || pick(random, WORDS);
}

function inputJson(random: Random): string {
  const entries = some(random, 3, (index) => {
    const value = pick(random, [
      JSON.stringify(pick(random, WORDS)),
      pick(random, LARGE_NUMBERS),
      '1.5',
      'true',
      '{"deep":[null,{"er":[]}]}',
    ]);
    return `${JSON.stringify(pick(random, ['a', 'b', 'ключ', '$k']) + index)}:${value}`;
  });
  return `{${entries.join(',')}}`;
}

function part(random: Random, withMedia: boolean): TalkPart {
  if (!withMedia || chance(random, 0.85)) return { kind: 'text', text: text(random) };
  return pick<TalkPart>(random, [
    { kind: 'image', data: PNG, mediaType: 'image/png' },
    { kind: 'image-url', url: 'https://example.com/a%20b.png?x=1&y=2' },
    { kind: 'pdf', data: PDF, mediaType: 'application/pdf' },
    { kind: 'audio', data: WAV, mediaType: 'audio/wav' },
  ]);
}

function parts(random: Random, withMedia: boolean): readonly TalkPart[] {
  const drawn = [part(random, withMedia), ...some(random, 2, () => part(random, withMedia))];
  return chance(random, 0.08) ? [...drawn, { kind: 'text', text: pick(random, BLANKS) }] : drawn;
}

function call(random: Random, tool: TalkTool, at: { readonly turn: number; readonly index: number }): TalkCall {
  const isRepeated = chance(random, 0.15);
  const isError = chance(random, 0.2);
  const result = chance(random, 0.1) ? [] : parts(random, chance(random, 0.2));
  return {
    id: isRepeated ? `call_${at.index}` : `${pick(random, ID_HEADS)}${at.turn}_${at.index}`,
    name: tool.name,
    json: tool.isFreeForm ? JSON.stringify({ input: text(random) }) : inputJson(random),
    result: isError ? result.filter((one) => one.kind === 'text') : result,
    isError,
  };
}

function assistant(random: Random, tools: readonly TalkTool[], turn: number): TalkTurn {
  const calls =
    tools.length > 0 && chance(random, 0.6)
      ? [0, 1, 2]
          .slice(0, 1 + Math.floor(random() * 3))
          .map((index) => call(random, pick(random, tools), { turn, index }))
      : [];
  return {
    role: 'assistant',
    thought: chance(random, 0.3) ? text(random) : undefined,
    text: calls.length > 0 && chance(random, 0.5) ? '' : text(random),
    calls,
  };
}

function turns(random: Random, tools: readonly TalkTool[]): readonly TalkTurn[] {
  const list: TalkTurn[] = [];
  const rounds = Math.floor(random() * 4);
  for (let turn = 0; turn < rounds; turn++) {
    list.push({ role: 'user', parts: parts(random, true) });
    if (chance(random, 0.15)) list.push({ role: 'system', text: text(random) });
    const said = assistant(random, tools, turn);
    list.push(said);
    // An agent goes on without a word of its user.
    if (said.role === 'assistant' && said.calls.length > 0 && chance(random, 0.5)) {
      list.push(assistant(random, tools, turn + 10));
    }
    if (chance(random, 0.1)) list.push({ role: 'system', text: text(random) });
  }
  const last = list.at(-1);
  const isOpenLoop = last?.role === 'assistant' && last.calls.length > 0 && chance(random, 0.5);
  if (!isOpenLoop) list.push({ role: 'user', parts: [...parts(random, true), { kind: 'text', text: 'go on' }] });
  return list;
}

interface Wanted {
  readonly isForced: boolean;
  readonly isJson: boolean;
}

function answer(random: Random, tools: readonly TalkTool[], wanted: Wanted): TalkAnswer {
  // SDKs parse what was asked for as JSON.
  if (wanted.isJson) return { thought: '', text: '{"a":4}', calls: [], finish: 'stop' };
  const mayCall = tools.length > 0 && (wanted.isForced || chance(random, 0.5));
  const calls = mayCall
    ? [0, 1].slice(0, 1 + Math.floor(random() * 2)).map(() => {
        const tool = pick(random, tools);
        return { name: tool.name, json: tool.isFreeForm ? JSON.stringify({ input: text(random) }) : inputJson(random) };
      })
    : [];
  const finish = calls.length > 0 ? 'tool-calls' : pick(random, ['stop', 'stop', 'stop', 'length', 'refusal'] as const);
  return {
    thought: chance(random, 0.3) ? text(random) : '',
    text: calls.length > 0 && chance(random, 0.5) ? '' : text(random),
    calls,
    finish,
  };
}

/** A conversation with odd things in it: the same numbers give the same one. */
export function drawTalk(random: Random): Talk {
  const names = TOOL_NAMES.filter(() => chance(random, 0.35));
  const tools = names.map((name): TalkTool => ({
    name,
    description: chance(random, 0.8) ? text(random) : undefined,
    schema: pick(random, SCHEMAS),
    isFreeForm: chance(random, 0.1),
  }));
  const first = tools[0];
  const toolChoice =
    first !== undefined && chance(random, 0.3)
      ? pick<Talk['toolChoice']>(random, ['auto', 'none', 'required', { tool: first.name }])
      : undefined;
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object';
  const schema = chance(random, 0.12) ? pick(random, ANSWER_SCHEMAS) : undefined;
  return {
    system: some(random, 2, () => text(random)),
    tools,
    turns: turns(random, tools),
    maxTokens: chance(random, 0.7) ? pick(random, [1, 15, 16, 500, 4000, 200_000]) : undefined,
    effort: chance(random, 0.3) ? pick(random, ['none', 'low', 'medium', 'high'] as const) : undefined,
    temperature: chance(random, 0.2) ? pick(random, [0, 0.3, 1, 1.7]) : undefined,
    topP: chance(random, 0.1) ? 0.9 : undefined,
    stop: chance(random, 0.15) ? pick(random, [['END'], ['\n'], ['a', 'b', 'c', 'd', 'e'], ['', 'X']]) : [],
    toolChoice,
    parallel: chance(random, 0.15) ? chance(random, 0.5) : undefined,
    schema,
    isMarked: chance(random, 0.3),
    answer: answer(random, toolChoice === 'none' ? [] : tools, { isForced, isJson: schema !== undefined }),
  };
}
