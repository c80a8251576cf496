import type { FinishReason } from '../../domain/call.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Tokens } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import { parseFields, textIn, type Fields } from './fields.ts';
import { createOutputMeter, type OutputMeter } from './output-meter.ts';
import { createSseParser, type SseEvent, type SseParser } from './sse.ts';

/** What an answer says about itself, read from bytes that pass by unchanged. */
export interface TappedAnswer {
  usage: Usage | undefined;
  servedModel: string | undefined;
  /** The service tier that answered, as the vendor says it. */
  servedTier: string | undefined;
  finishReason: FinishReason | undefined;
  /** `response.id` of the Responses API. */
  responseId: string | undefined;
  /** Ids of what its vendor keeps of the answer, each on its own. */
  keptIds: readonly string[];
  /** The stream reached the end that its protocol prescribes. */
  isComplete: boolean;
  /** The stream ended in an error event. */
  hasError: boolean;
  /** Signatures and encrypted reasoning that the answer carries. */
  readonly signatures: string[];
  /** The vendor's state of tool calls, by their ids. */
  readonly toolStates: (readonly [string, JsonObject])[];
}

export interface AnswerTap {
  readonly answer: TappedAnswer;
  push(chunk: Buffer): void;
  /** About how many tokens the answer has said so far. */
  readonly seenTokens: Tokens;
  /** True between events, where a ping may go. */
  readonly atBoundary: boolean;
}

/** Reads one format's answers as they pass. Parses only the few events that say something. */
export interface TapReader {
  /** What every event that says something has near its start; for a rough count of what was said. */
  readonly deltaMark: string;
  /** Takes the events of one stream, in order. */
  stream(): (answer: TappedAnswer, event: SseEvent) => void;
  /** Takes a whole JSON answer. */
  whole(answer: TappedAnswer, body: Fields): void;
}

function emptyAnswer(): TappedAnswer {
  return {
    usage: undefined,
    servedModel: undefined,
    servedTier: undefined,
    finishReason: undefined,
    responseId: undefined,
    keptIds: [],
    isComplete: false,
    hasError: false,
    signatures: [],
    toolStates: [],
  };
}

/** Reads a stream that is relayed as it is. */
export function createStreamTap(reader: TapReader): AnswerTap {
  return new StreamTap(reader);
}

class StreamTap implements AnswerTap {
  readonly answer = emptyAnswer();
  readonly #meter: OutputMeter;
  readonly #parser: SseParser;

  constructor(reader: TapReader) {
    const take = reader.stream();
    this.#meter = createOutputMeter(reader.deltaMark);
    this.#parser = createSseParser((event) => {
      this.#meter.see(event.data);
      take(this.answer, event);
    });
  }

  push(chunk: Buffer): void {
    this.#parser.push(chunk);
  }

  get seenTokens(): Tokens {
    return this.#meter.tokens;
  }

  get atBoundary(): boolean {
    return this.#parser.atBoundary;
  }
}

/** Reads a whole JSON answer. */
export function tapBody(reader: TapReader, bytes: Buffer): TappedAnswer {
  const answer = emptyAnswer();
  const body = parseFields(bytes.toString('utf8'));
  if (body === undefined) return answer;
  answer.isComplete = true;
  reader.whole(answer, body);
  return answer;
}

export function finishIn(table: Readonly<Record<string, FinishReason>>, value: unknown): FinishReason | undefined {
  if (typeof value !== 'string') return undefined;
  return Object.hasOwn(table, value) ? table[value] : 'other';
}

export function noteSignature(answer: TappedAnswer, value: unknown): void {
  if (typeof value === 'string' && value !== '' && !answer.signatures.includes(value)) answer.signatures.push(value);
}

/** Vendors' names for their tiers have eleven letters; what stands in records is bounded, whatever an endpoint sends. */
const MAX_TIER_CHARS = 40;

/** The tier that served an answer, as its body says it. `undefined`: it says nothing, or no text. */
export function servedTierIn(value: unknown): string | undefined {
  return textIn(value)?.slice(0, MAX_TIER_CHARS);
}
