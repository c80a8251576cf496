import type { Wire } from '../../src/domain/model.ts';
import type { Random, Talk, TalkAnswer } from './talk.ts';

/** One wire format as its callers speak it, through the SDK that its vendor ships. */
export interface Caller {
  readonly wire: Wire;
  /** A conversation in the format; how a thing is said where there are several ways is drawn. */
  write(talk: Talk, model: string, random: Random): object;
  /**
   * Sends a body with the official SDK and reads the answer with it.
   * @throws what the SDK throws
   */
  send(body: object, to: CallerTarget): Promise<Received>;
}

export interface CallerTarget {
  /** Without `/v1`. */
  readonly url: string;
  readonly isStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the SDK made of an answer, and what came over the wire. */
export interface Received {
  readonly text: string;
  readonly refusal: string;
  readonly calls: readonly { readonly name: string; readonly json: string }[];
  readonly finish: TalkAnswer['finish'] | 'other';
  /** Where the bytes are not what the vendor's own types say; `undefined`: nowhere. */
  readonly flaw: string | undefined;
  readonly headers: Headers;
}

/** Keeps what an SDK receives, so that its bytes can be looked at beside what it makes of them. */
export function recordingFetch(): { readonly fetch: RecordingFetch; readonly seen: () => SeenAnswer } {
  let last: SeenAnswer | undefined;
  return {
    fetch: async (input, init, send = fetch) => {
      const response = await send(input, init);
      const text = await response.text();
      last = { status: response.status, headers: response.headers, text };
      return new Response(text, { status: response.status, headers: response.headers });
    },
    seen: () => {
      if (last === undefined) throw new Error('Nothing was received');
      return last;
    },
  };
}

type RecordingFetch = (...asked: readonly [...Parameters<typeof fetch>, send?: typeof fetch]) => Promise<Response>;

export interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The data of every event of a stream, parsed. */
export function eventsOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Readonly<Record<string, unknown>>);
}
