import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../src/domain/json.ts';

/** One call as its client logged it: tokens that no cache held, that one held, that were written to one, and that were answered. */
export interface SummedCall {
  readonly client: string;
  readonly models: readonly string[];
  readonly fresh: number;
  readonly read: number;
  readonly written: number;
  readonly output: number;
}

/**
 * A second reader of the sample sessions, to hold `spend` against. It shares nothing with the importers, the catalogue or the
 * arithmetic of the product: it knows these files alone, and their models' prices are written down below.
 */
export function secondCalls(folder: string): readonly SummedCall[] {
  return Object.entries(READERS).flatMap(([client, read]) => {
    const files = readdirSync(path.join(folder, client), { recursive: true, encoding: 'utf8' });
    const calls = new Map<string, Omit<SummedCall, 'client'>>();
    for (const file of files.sort())
      for (const [id, call] of read(path.join(folder, client, file))) calls.set(id, call);
    return [...calls.values()].map((call) => ({ client, ...call }));
  });
}

type Call = readonly [id: string, Omit<SummedCall, 'client'>];

const READERS: Readonly<Record<string, (file: string) => readonly Call[]>> = {
  'claude-code': (file) =>
    rows(file, 'jsonl').flatMap((row): readonly Call[] => {
      const message = at(row, 'message');
      const usage = at(message, 'usage');
      if (row['type'] !== 'assistant' || message['model'] === '<synthetic>') return [];
      const models = [text(message['model']), text(row['requestedModel'])];
      return [
        [
          text(message['id']),
          {
            models,
            fresh: count(usage['input_tokens']),
            read: count(usage['cache_read_input_tokens']),
            written: count(usage['cache_creation_input_tokens']),
            output: count(usage['output_tokens']),
          },
        ],
      ];
    }),
  codex: (file) => {
    const all = rows(file, 'jsonl');
    const model = text(
      at(
        all.find((row) => row['type'] === 'turn_context'),
        'payload',
      )['model'],
    );
    return all
      .filter((row) => row['type'] === 'token_usage_record')
      .map((row) => at(row, 'payload'))
      .map((payload) => [text(payload['response_id']), openai(model, at(payload, 'usage'), CODEX)]);
  },
  pi: (file) =>
    rows(file, 'jsonl').flatMap((row): readonly Call[] => {
      const message = at(row, 'message');
      const usage = at(message, 'usage');
      if (message['role'] !== 'assistant') return [];
      const tokens = ['input', 'cacheRead', 'cacheWrite', 'output'].map((name) => count(usage[name]));
      return [[text(row['id']), apart(text(message['model']), tokens)]];
    }),
  qwen: (file) =>
    rows(file, 'jsonl')
      .filter((row) => row['type'] === 'assistant')
      .map((row) => [text(row['uuid']), openai(text(row['model']), at(row, 'usageMetadata'), GOOGLE)]),
  gemini: (file) =>
    rows(file, 'jsonl')
      .filter((row) => row['type'] === 'gemini')
      .map((row) => [text(row['id']), openai(text(row['model']), at(row, 'tokens'), GEMINI)]),
  copilot: (file) =>
    rows(file, 'jsonl')
      .filter((row) => row['type'] === 'session.usage_record')
      .map((row) => at(at(row, 'data'), 'usage'))
      .map((usage) => [text(usage['apiCallId']), openai(text(usage['model']), usage, COPILOT)]),
  cline: (file) =>
    list(rows(file, 'messages.json')[0]?.['messages'])
      .filter((message) => message['role'] === 'assistant')
      .map((message) => {
        const metrics = at(message, 'metrics');
        const tokens = ['inputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'outputTokens'].map((name) =>
          count(metrics[name]),
        );
        return [text(message['id']), apart(text(at(message, 'modelInfo')['id']), tokens)];
      }),
  continue: (file) =>
    list(rows(file, 'json')[0]?.['history'])
      .map((entry) => at(at(entry, 'message'), 'usage'))
      .filter((usage) => usage['model'] !== undefined)
      .map((usage, index) => [String(index), openai(text(usage['model']), usage, CHAT)]),
  opencode: (file) => opencodeMessages(file).map(([id, data]) => [id, ofOpencode(data)]),
};

/** The database and the export of it hold the same messages, under the same ids. */
function opencodeMessages(file: string): readonly (readonly [string, JsonObject])[] {
  if (!file.endsWith('.db'))
    return list(rows(file, 'json')[0]?.['messages'])
      .map((message) => at(message, 'info'))
      .filter((info) => info['role'] === 'assistant')
      .map((info) => [text(info['id']), info]);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return (database.prepare('SELECT id, data FROM message').all() as { readonly id: string; readonly data: string }[])
      .map(({ id, data }) => [id, JSON.parse(data) as JsonObject] as const)
      .filter(([, data]) => data['role'] === 'assistant');
  } finally {
    database.close();
  }
}

/** What it thought stands beside what it answered, and is billed as that. */
function ofOpencode(data: JsonObject): Call[1] {
  const tokens = at(data, 'tokens');
  const cache = at(tokens, 'cache');
  const output = count(tokens['output']) + count(tokens['reasoning']);
  return apart(text(data['modelID']), [count(tokens['input']), count(cache['read']), count(cache['write']), output]);
}

/** Names of the prompt, of what of it a cache held and took, and of the answer, where the prompt counts all of it. */
type Names = readonly [prompt: string, read: string, written: string, output: string];
const CODEX: Names = ['input_tokens', 'cached_input_tokens', 'cache_write_input_tokens', 'output_tokens'];
const CHAT: Names = ['prompt_tokens', '', '', 'completion_tokens'];
const COPILOT: Names = ['inputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'outputTokens'];
const GOOGLE: Names = ['promptTokenCount', 'cachedContentTokenCount', '', 'candidatesTokenCount'];
const GEMINI: Names = ['input', 'cached', '', 'output'];

function openai(model: string, usage: JsonObject, names: Names): Call[1] {
  const [prompt = 0, read = 0, written = 0, output = 0] = names.map((name) => count(usage[name]));
  return { models: [model], fresh: prompt - read - written, read, written, output };
}

function apart(model: string, [fresh = 0, read = 0, written = 0, output = 0]: readonly number[]): Call[1] {
  return { models: [model], fresh, read, written, output };
}

/** USD per million tokens: fresh, read, written, answered. Vendors' list prices below their long-context tiers, read on 2026-11-30. */
const PRICES: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'gpt-5.5': [5, 0.5, 5, 30],
  'claude-opus-5-5': [4, 0.2, 5, 20],
  'claude-opus-4-8': [5, 0.5, 6.25, 25],
  'claude-sonnet-5': [2, 0.2, 2.5, 10],
  'qwen3-coder-plus': [1, 0.2, 1.25, 5],
  'gemini-2.5-pro': [1.25, 0.125, 1.25, 10],
};

/** The bill in nano-USD, and how many calls it does not hold because nobody knows their model. */
export function secondBill(calls: readonly SummedCall[]): { readonly nanoUsd: bigint; readonly unknownCount: number } {
  let nanoUsd = 0n;
  let unknownCount = 0;
  for (const { models, fresh, read, written, output } of calls) {
    const prices = models.map((model) => PRICES[model]).find((row) => row !== undefined);
    if (prices === undefined) unknownCount += 1;
    else
      [fresh, read, written, output].forEach((tokens, index) => {
        // A dollar a million tokens is a thousand nano-dollars a token.
        nanoUsd += BigInt(tokens) * BigInt(Math.round((prices[index] ?? 0) * 1000));
      });
  }
  return { nanoUsd, unknownCount };
}

/** Rows of a file whose name ends so; none of another. */
function rows(file: string, ending: string): readonly JsonObject[] {
  if (!file.endsWith(`.${ending}`)) return [];
  const whole = readFileSync(file, 'utf8');
  if (ending !== 'jsonl') return [JSON.parse(whole) as JsonObject];
  return whole
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}

const at = (row: JsonObject | undefined, name: string): JsonObject => (row?.[name] ?? {}) as JsonObject;
const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
