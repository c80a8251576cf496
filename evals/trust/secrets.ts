import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorLine } from '../../src/cli/error-line.ts';
import { Secret } from '../../src/config/secret.ts';
import { PointsmanError } from '../../src/domain/errors.ts';
import { scrubError } from '../../src/providers/scrub.ts';
import { createLog } from '../../src/recorder/create-log.ts';
import { createRedactor } from '../../src/recorder/redact.ts';
import { CHAT, CLAUDE, startGatewayKit } from '../../src/testing/internal/gateway-kit.ts';
import { serverEnv } from '../../src/tools/server-env.ts';
import { describeBrought } from '../../src/trust/describe-brought.ts';
import { secretForms } from '../../src/trust/scrub.ts';
import type { Draw } from './draw.ts';

const HEX = '0123456789abcdef';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const WORD = `${LOWER}${LOWER.toUpperCase()}0123456789`;

/** Shapes of secrets: those that patterns know, then as many of no known form. */
export const SHAPES: readonly (readonly [string, (draw: Draw) => string])[] = [
  ['anthropic key', (draw) => `sk-ant-api03-${chars(draw, WORD, 40)}`],
  ['openai key', (draw) => `sk-proj-${chars(draw, WORD, 40)}`],
  ['github token', (draw) => `ghp_${chars(draw, WORD, 36)}`],
  ['aws key id', (draw) => `AKIA${chars(draw, WORD.toUpperCase(), 16)}`],
  ['slack token', (draw) => `xoxb-${chars(draw, '0123456789', 12)}-${chars(draw, WORD, 24)}`],
  ['json web token', (draw) => `eyJhbGciOiJIUzI1NiJ9.${chars(draw, WORD, 40)}.${chars(draw, WORD, 40)}`],
  ['google key', (draw) => `AIza${chars(draw, WORD, 35)}`],
  ['bearer', (draw) => `Bearer ${chars(draw, WORD, 30)}`],
  ['address with password', (draw) => `postgres://me:${chars(draw, WORD, 20)}@db.test/x`],
  ['gitlab token', (draw) => `glpat-${chars(draw, WORD, 20)}`],
  ['hugging face token', (draw) => `hf_${chars(draw, WORD, 34)}`],
  ['stripe key', (draw) => `sk_live_${chars(draw, WORD, 24)}`],
  ['hex', (draw) => chars(draw, HEX, 32)],
  ['letters', (draw) => chars(draw, LOWER, 24)],
  ['digits', (draw) => chars(draw, '0123456789', 20)],
  ['words', (draw) => [1, 2, 3, 4].map(() => chars(draw, LOWER, 6)).join('-')],
  ['a sentence', (draw) => [1, 2, 3].map(() => chars(draw, LOWER, 7)).join(' ')],
  ['with quotes', (draw) => `${chars(draw, WORD, 8)}"'${chars(draw, WORD, 8)}`],
  ['with a slash and a plus', (draw) => `${chars(draw, WORD, 10)}/+${chars(draw, WORD, 10)}=`],
  ['with backslashes', (draw) => `${chars(draw, WORD, 8)}\\${chars(draw, WORD, 8)}`],
  ['with odd signs', (draw) => `${chars(draw, WORD, 6)}$&$1.*[x]${chars(draw, WORD, 6)}`],
  ['with colons', (draw) => [1, 2, 3].map(() => chars(draw, HEX, 6)).join(':')],
  ['with an at sign', (draw) => `${chars(draw, LOWER, 8)}@${chars(draw, LOWER, 8)}!`],
  ['short', (draw) => chars(draw, WORD, 9)],
];

function chars(draw: Draw, alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet[draw.below(alphabet.length)] ?? '').join('');
}

/** What was stored, shown or relayed at one place. */
type Places = Readonly<Record<string, string>>;

export interface SecretsTally {
  readonly shapeCount: number;
  readonly placeCount: number;
  /** `shape at place`. */
  readonly found: readonly string[];
}

/** A key of ours, repeated by vendors, tools and errors: it must stand nowhere. */
export async function judgeSecrets(draw: Draw): Promise<SecretsTally> {
  const found: string[] = [];
  let placeCount = 0;
  for (const [shape, make] of SHAPES) {
    const secret = make(draw);
    const places: Places = { ...(await relayed(secret)), ...written(secret), ...handedOn(secret) };
    placeCount = Object.keys(places).length;
    const forms = secretForms(secret);
    for (const [place, text] of Object.entries(places)) {
      if (forms.some((form) => text.includes(form))) found.push(`${shape} at ${place}`);
    }
  }
  return { shapeCount: SHAPES.length, placeCount, found };
}

const said = (secret: string): string =>
  secretForms(secret)
    .map((form) => `You sent <${form}>.`)
    .join(' ');

/** An endpoint that repeats its key in every form, in errors of several kinds and in headers, and what callers and records get. */
async function relayed(secret: string): Promise<Places> {
  let answer: (response: ServerResponse) => void = () => undefined;
  const server = createServer((request, response) => request.resume().on('end', () => answer(response)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const upstreamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kit = await startGatewayKit({
    upstreamUrl,
    models: [CLAUDE, CHAT],
    apiKey: secret,
    settings: { maxRetries: 0 },
  });
  const places: Record<string, string> = {};
  const ask = async (place: string, model: string, respond: typeof answer): Promise<void> => {
    answer = respond;
    const body = { model, max_tokens: 9, messages: [{ role: 'user', content: 'x' }] };
    const response = await kit.post('/v1/messages', body);
    places[place] = await response.text();
    places[`headers of ${place}`] = JSON.stringify([...response.headers]);
  };
  const message = said(secret);
  const fail = (status: number, value: unknown) => (response: ServerResponse) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...echoes(secret) })
      .end(JSON.stringify(value));
  await ask(
    'an error of 400',
    CLAUDE.id,
    fail(400, { type: 'error', error: { type: 'invalid_request_error', message } }),
  );
  await ask(
    'an error of 401',
    CLAUDE.id,
    fail(401, { type: 'error', error: { type: 'authentication_error', message } }),
  );
  await ask('an error of 529', CLAUDE.id, fail(529, { type: 'error', error: { type: 'overloaded_error', message } }));
  await ask('a translated error', CHAT.id, fail(400, { error: { message, code: secret } }));
  await ask(
    'an error that is no JSON',
    CLAUDE.id,
    (response) => void response.writeHead(500, { 'content-type': 'text/html' }).end(`<p>${message}`),
  );
  await ask(
    'a redirect',
    CLAUDE.id,
    (response) =>
      void response.writeHead(307, { location: `https://x.test/?k=${encodeURIComponent(secret)}` }).end(message),
  );
  await ask('an event of error', CLAUDE.id, (response) => {
    const event = { type: 'error', error: { type: 'overloaded_error', message } };
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end(`event: error\ndata: ${JSON.stringify(event)}\n\n`);
  });
  // As they are handed over, before anything is taken out of them.
  places['records of calls'] = JSON.stringify(kit.calls);
  places['records of decisions'] = JSON.stringify(kit.steps);
  places['warnings'] = kit.warnings.join('\n');
  places['metrics'] = await (await fetch(`${kit.url}/metrics`)).text();
  await kit.gateway.close();
  server.closeAllConnections();
  server.close();
  return places;
}

/** Header values are one line of latin letters. */
function echoes(secret: string): Record<string, string> {
  const text = secret.replaceAll(/[^\x20-\x7e]/gu, '');
  return { 'request-id': `r-${text}`, 'x-account': text, 'set-cookie': `k=${encodeURIComponent(text)}` };
}

/** Errors, logs and questions that hold it. */
function written(secret: string): Places {
  const redactor = createRedactor({ secrets: secretForms(secret) });
  const error = new PointsmanError('provider-unavailable', said(secret), {
    hint: said(secret),
    details: { said: [said(secret)] },
  });
  const scrubbed = scrubError(error, [secret]);
  const lines: string[] = [];
  for (const form of ['json', 'text'] as const) {
    const log = createLog({ level: 'debug', redactor, write: (line) => void lines.push(line), form });
    log.error(said(secret), { said: said(secret), nested: { [secret]: said(secret) }, error });
  }
  return {
    'a scrubbed message': scrubbed.message,
    'a scrubbed hint': scrubbed.hint ?? '',
    'scrubbed details': JSON.stringify(scrubbed.details),
    'a line of the log': lines[0] ?? '',
    'a line of the log at a terminal': lines.at(-1) ?? '',
    'an error at a terminal': redactor.text(errorLine(error)),
    'a record': JSON.stringify(redactor.record({ title: said(secret), deep: [{ text: said(secret) }] })),
    'a question': redactor.text(`May this job run: curl -H ${JSON.stringify(secret)}?`),
    'a secret itself': `${String(new Secret(secret, 'test'))} ${JSON.stringify({ key: new Secret(secret, 'test') })}`,
  };
}

/** What others are handed: a child that nothing was named for, a person who is asked about a folder. */
function handedOn(secret: string): Places {
  const text = JSON.stringify({ mcpServers: { odd: { command: 'x', env: { A: '${PLANTED}' } } } });
  const file = { kind: 'tool-servers', file: '/x/.mcp.json', name: '.mcp.json', text } as const;
  return {
    'the environment of a tool server': JSON.stringify(serverEnv({ PLANTED: secret, PATH: '/bin' }, {})),
    'the question about a folder': describeBrought(file).join('\n'),
  };
}
