import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Model } from '../../src/domain/model.ts';
import { createScriptedServer } from '../../src/providers/scripted/scripted-server.ts';
import { startGatewayKit } from '../../src/testing/internal/gateway-kit.ts';
import { pngOf } from '../../src/testing/internal/media-files.ts';
import type { CaseAnswer, CaseBody, CaseFile } from './case-file.ts';

/** What a case did: the bodies that went upstream, and what its caller got. */
export interface CaseRun {
  readonly sent: readonly CaseBody[];
  readonly said: readonly CaseSaid[];
  /** What a strict vendor refused. */
  readonly objections: readonly string[];
}

export interface CaseSaid {
  readonly status: number;
  readonly text: string;
  readonly losses: string;
}

interface Vendor {
  readonly url: string;
  readonly sent: CaseBody[];
  readonly objections: readonly string[];
  close(): Promise<void>;
}

/** Plays a case to models at one address: a vendor that answers as the case says, or a strict one that says something. */
export async function runCase(file: CaseFile, models: readonly Model[], isStream: boolean): Promise<CaseRun> {
  const vendor = file.upstreamAnswer === null ? await strictVendor(models) : await vendorThat(file.upstreamAnswer);
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models, apiKey: 'k', settings: { maxRetries: 1 } });
  const said: CaseSaid[] = [];
  try {
    for (const turn of file.request.turns ?? [file.request.body ?? {}]) {
      const body: CaseBody = { ...filled(turn, said.at(-1)), stream: isStream };
      const model = body['model'] === 'auto' ? 'auto' : models[0]?.id;
      const response = await kit.post(file.request.path, { ...body, model }, { 'x-session-id': file.id });
      const losses = response.headers.get('x-pointsman-losses') ?? '';
      said.push({ status: response.status, text: await response.text(), losses });
    }
    return { sent: vendor.sent, said, objections: vendor.objections };
  } finally {
    await kit.gateway.close();
    await vendor.close();
  }
}

/** About as many bytes as the case asks for, with the head of a photograph of two megapixels. */
const PHOTO = pngOf(1600, 1200, 2_700_000).toString('base64');

/** A turn with the words in angle brackets filled in from the answer before it. */
function filled(turn: CaseBody, before: CaseSaid | undefined): CaseBody {
  const text = JSON.stringify(turn).replaceAll('<3.6 MB as base64>', PHOTO);
  if (before === undefined) return JSON.parse(text) as CaseBody;
  const calls = [...before.text.matchAll(/"id":"(call_[^"]*)"/gu)].map((match) => match[1] ?? '');
  const block = { type: 'tool_use', id: calls[0] ?? 'none', name: 'f', input: { a: 1 } };
  const id = /"id":"(resp_[^"]*)"/u.exec(before.text)?.[1] ?? 'resp_none';
  return JSON.parse(
    text
      .replaceAll('"<assistant content of turn 1>"', JSON.stringify({ role: 'assistant', content: [block] }))
      .replaceAll('<id of turn 1>', id),
  ) as CaseBody;
}

async function strictVendor(models: readonly Model[]): Promise<Vendor> {
  const server = await createScriptedServer({ models, script: () => ({ text: 'ok' }) });
  return {
    url: server.url,
    get sent() {
      return server.calls.map((call) => call.body as CaseBody);
    },
    objections: server.objections,
    close: async () => server.close(),
  };
}

async function vendorThat(answer: CaseAnswer): Promise<Vendor> {
  const sent: CaseBody[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      sent.push(JSON.parse(Buffer.concat(chunks).toString()) as CaseBody);
      say(answer, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    objections: [],
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function say({ status = 200, sse, json, gzipped }: CaseAnswer, response: ServerResponse): void {
  if (sse !== undefined) {
    response.writeHead(status, { 'content-type': 'text/event-stream' }).end(sse.map(eventText).join(''));
  } else if (gzipped === undefined) {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  } else {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    response.writeHead(status, headers).end(gzipSync(JSON.stringify(gzipped)));
  }
}

/** Chat names no events; the others do. */
function eventText(event: unknown): string {
  if (typeof event === 'string') return `data: ${event}\n\n`;
  const { type } = event as { readonly type?: string };
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`;
}
