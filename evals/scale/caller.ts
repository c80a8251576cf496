import { Agent, request as send, type IncomingHttpHeaders } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { callMark } from './call-vendor.ts';
import type { CallEnd } from './sightings.ts';

/** Longer than the store may be away and a dead process counts as alive: whoever is told to come again for so long is told nothing. */
const TRY_MS = 90_000;
/** A caller that hears nothing for so long would give up on the product. */
const HANG_MS = 60_000;
const MAX_TOKENS = 200;

export interface Caller {
  /** One call of a session, with the retries that the official clients make. */
  ask(call: {
    readonly number: number;
    readonly key: CallerKey;
    readonly session: string;
    readonly turn: number;
  }): Promise<CallEnd>;
  /** Tries that were made beyond the first. */
  readonly retryCount: number;
  close(): void;
}

export interface CallerKey {
  readonly name: string;
  readonly token: string;
}

/** What one try came to. */
export type Attempt = CallEnd | { readonly kind: 'again'; readonly afterMs: number | undefined; readonly why: string };

/** What came back, as far as it did. */
export interface Received {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly end: 'whole' | 'broken' | 'hung';
}

export function createCaller(url: string): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  let retryCount = 0;
  return {
    async ask({ number, key, session, turn }) {
      const isStream = number % 2 === 0;
      const body = JSON.stringify(requestBody(turn, callMark(number, key.name, session), isStream));
      const until = Date.now() + TRY_MS;
      for (let tried = 0; ; tried += 1) {
        const received = await hear(url, { agent, token: key.token, session, body });
        const attempt = judgeAttempt(received, isStream);
        if (attempt.kind !== 'again') return attempt;
        if (Date.now() > until)
          return { kind: 'unanswered', why: `${tried + 1} tries failed, the last: ${attempt.why}` };
        retryCount += 1;
        await wait(Math.min(8000, attempt.afterMs ?? 500 * 2 ** tried));
      }
    },
    get retryCount() {
      return retryCount;
    },
    close: () => agent.destroy(),
  };
}

/** Whether a try is an answer, a final word, worth another try, or nothing that a caller could act on. */
export function judgeAttempt({ status, headers, text, end }: Received, isStream: boolean): Attempt {
  if (end === 'hung') return { kind: 'unanswered', why: `nothing came for ${HANG_MS / 1000} s` };
  const asked = Number(headers['retry-after-ms'] ?? Number(headers['retry-after']) * 1000);
  const afterMs = Number.isFinite(asked) ? asked : undefined;
  // A connection that breaks is seen by every client, and tried again.
  if (status === undefined || end === 'broken') return { kind: 'again', afterMs, why: 'the connection broke' };
  if (status === 200) return isStream ? judgeStream(text) : judgeJson(text);
  return judgeError(status, headers, text, afterMs);
}

function judgeError(status: number, headers: IncomingHttpHeaders, text: string, afterMs: number | undefined): Attempt {
  const error = errorIn(text);
  if (error === undefined) return { kind: 'unanswered', why: `${status} without an error that says anything` };
  const mayTry =
    headers['x-should-retry'] ?? String(status === 408 || status === 409 || status === 429 || status >= 500);
  if (mayTry === 'true') return { kind: 'again', afterMs, why: `${status} ${error}` };
  if (status === 402 || status === 429) return { kind: 'refused' };
  return { kind: 'unanswered', why: `${status} ${error}` };
}

function judgeStream(text: string): Attempt {
  if (text.includes('data: [DONE]')) return { kind: 'answered' };
  return text.includes('"error"')
    ? { kind: 'again', afterMs: undefined, why: 'an error event' }
    : { kind: 'unanswered', why: 'a stream that ended without its end, and said nothing of it' };
}

function judgeJson(text: string): Attempt {
  try {
    const body = JSON.parse(text) as { choices?: readonly unknown[] };
    if (body.choices?.length === 1) return { kind: 'answered' };
  } catch {
    // Said below.
  }
  return { kind: 'unanswered', why: '200 with a body that is no answer' };
}

function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' && error.message !== '' ? error.message : undefined;
  } catch {
    return undefined;
  }
}

interface Sent {
  readonly agent: Agent;
  readonly token: string;
  readonly session: string;
  readonly body: string;
}

async function hear(url: string, { agent, token, session, body }: Sent): Promise<Received> {
  return new Promise((resolve) => {
    let [status, headers, text]: [number | undefined, IncomingHttpHeaders, string] = [undefined, {}, ''];
    const done = (end: Received['end']): void => resolve({ status, headers, text, end });
    const request = send(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        authorization: `Bearer ${token}`,
        'x-session-id': session,
      },
    });
    request.setTimeout(HANG_MS, () => {
      done('hung');
      request.destroy();
    });
    request.on('response', (answer) => {
      ({ headers } = answer);
      status = answer.statusCode;
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => done(answer.complete ? 'whole' : 'broken'));
      answer.on('error', () => done('broken'));
    });
    request.on('error', () => done('broken'));
    request.end(body);
  });
}

/** A conversation that grows by a turn each call; its last message says whose it is. */
function requestBody(turn: number, mark: string, isStream: boolean): object {
  const said = Array.from({ length: turn }, (_, index) => [
    { role: 'user', content: `Look at part ${index} and say what it does.` },
    { role: 'assistant', content: 'Done, all of it.' },
  ]).flat();
  return {
    model: 'auto',
    stream: isStream,
    max_tokens: MAX_TOKENS,
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      ...said,
      { role: 'user', content: `Look at part ${turn} and say what it does. ${mark}` },
    ],
  };
}
