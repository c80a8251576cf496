import type { FinishReason } from '../../domain/call.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Wire } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import type { Ms, Tokens } from '../../domain/time.ts';
import type { Message, ToolSpec } from '../../domain/transcript.ts';

/** What a model was asked, in no vendor's form, however it came over the wire. */
export interface ScriptedRequest {
  readonly wire: Wire;
  /** The name on the wire. */
  readonly model: string;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly Message[];
  readonly maxOutputTokens: Tokens | undefined;
  readonly effort: Effort | undefined;
  /** The tier that the request asks for. `undefined`: none. */
  readonly serviceTier: string | undefined;
  /** Calls that the server answered before this one. */
  readonly callIndex: number;
  /** Calls to this model that the server answered before this one. */
  readonly modelCallIndex: number;
}

export interface ScriptedToolCall {
  /** A name, alternatives `Bash|bash` of which the first offered one is taken, or `~add`: the first that contains it. */
  readonly name: string;
  readonly input?: JsonObject;
  /** Forces an id, for instance of a foreign shape. */
  readonly id?: string;
  /** Responses only: the group that a client keeps the tool in, such as `mcp__server`; `name` is then taken as it is. */
  readonly namespace?: string;
}

/** The words of a model. Usage, ids, signatures and wire form are the server's business. */
export interface ScriptedWords {
  readonly thinking?: string;
  readonly text?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Default: `tool-calls` with tool calls, otherwise `stop`. */
  readonly finish?: Exclude<FinishReason, 'other'>;
  /** Name that the response claims. Default: the one that was asked for. */
  readonly servedModel?: string;
  /** Tier that the response claims, where the request asked for one. Default: that one; `default` for `auto`. */
  readonly servedTier?: string;
  /** Default: counted from the words. */
  readonly outputTokens?: Tokens;
  /** Wait before the first byte. */
  readonly delayMs?: Ms;
  /** Wait between two chunks of the stream. */
  readonly chunkDelayMs?: Ms;
}

/** How a call goes wrong, in the vendor's own shape and wording. */
export type ScriptedFailure =
  | { readonly kind: 'rate-limited'; readonly retryAfterMs?: Ms }
  | { readonly kind: 'overloaded' | 'server-error' | 'refused-key' | 'forbidden' | 'out-of-credit' }
  | { readonly kind: 'context-overflow'; readonly limitTokens?: Tokens }
  | { readonly kind: 'rejected'; readonly message: string }
  /** The connection ends after some of the words; `afterChunks` counts events. */
  | { readonly kind: 'cut-stream'; readonly afterChunks?: number }
  /** Nothing more comes after some of the words, and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterChunks?: number }
  /** An error event inside a stream that began well. */
  | { readonly kind: 'overloaded-midway'; readonly afterChunks?: number }
  | { readonly kind: 'broken-json' }
  /** Exactly these bytes. */
  | {
      readonly kind: 'raw';
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly chunks: readonly string[];
      readonly then?: 'end' | 'cut' | 'hang';
    };

export type ScriptedAnswer = ScriptedWords & { readonly failure?: ScriptedFailure };

/** Answers each call; `undefined`: this call is not expected. */
export type ScriptFunction = (
  request: ScriptedRequest,
) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>;

/** One expected call. Lines are used in order, each by the first call to its model. */
export interface ScriptLine {
  /** Name on the wire. Absent: any model. */
  readonly model?: string;
  readonly answer: ScriptedAnswer;
}

export type Script = ScriptFunction | readonly ScriptLine[];

/** Plays a script and knows what is left of it. */
export interface ScriptPlayer {
  answer(request: ScriptedRequest): Promise<ScriptedAnswer | undefined>;
  /** Lines that no call has used. */
  leftover(): readonly ScriptLine[];
}

export function createScriptPlayer(script: Script): ScriptPlayer {
  if (typeof script === 'function') {
    return { answer: async (request) => script(request), leftover: () => [] };
  }
  const waiting = [...script];
  return {
    answer: (request) => {
      const at = waiting.findIndex((line) => line.model === undefined || line.model === request.model);
      return Promise.resolve(at === -1 ? undefined : waiting.splice(at, 1)[0]?.answer);
    },
    leftover: () => waiting,
  };
}

/** The offered tool that a scripted call means; the last alternative as it is when none is offered. */
export function pickTool(name: string, offered: readonly ToolSpec[]): string {
  const alternatives = name.split('|');
  for (const alternative of alternatives) {
    const found = offered.find((tool) =>
      alternative.startsWith('~') ? tool.name.includes(alternative.slice(1)) : tool.name === alternative,
    );
    if (found !== undefined) return found.name;
  }
  return alternatives.at(-1) ?? name;
}
