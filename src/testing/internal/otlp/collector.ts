import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { METRICS, TRACES } from './otlp-messages.ts';
import { readMessage, type ProtobufMessage } from './protobuf.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ReceivedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly temporality: number;
  /** Of a counter. */
  readonly value: number | undefined;
  /** Of a histogram. */
  readonly count: number | undefined;
  readonly sum: number | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** The newest of each series. */
  readonly points: () => readonly ReceivedPoint[];
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** What was sent and is not OTLP: empty is well. */
  readonly faults: readonly string[];
  /** All bytes that came, unpacked. */
  readonly bytes: () => Buffer;
  close(): Promise<void>;
}

/** @returns true: it has answered itself */
export type CollectorAnswer = (response: ServerResponse, count: number) => boolean;

/**
 * A collector that takes OTLP over HTTP as protobuf or JSON and nothing else: an unknown field, an id of the wrong length, a span that
 * ends before it starts, an attribute that stands twice or is empty is a fault.
 */
export async function openCollector(answer: CollectorAnswer = () => false): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const series = new Map<string, ReceivedPoint>();
  const resources: Readonly<Record<string, unknown>>[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const faults: string[] = [];
  const all: Buffer[] = [];
  const take = (path: string, headers: IncomingHttpHeaders, body: Buffer): void => {
    const isTraces = path.endsWith('/v1/traces');
    if (!isTraces && !path.endsWith('/v1/metrics')) throw new Error(`nothing is taken at ${path}`);
    const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    all.push(plain);
    const what = isTraces ? 'Spans' : 'Metrics';
    const message = messageOf(plain, headers['content-type'], isTraces);
    for (const resourced of listOf(message, `resource${what}`)) {
      resources.push(attributesOf(resourced['resource'] as ProtobufMessage));
      for (const scoped of listOf(resourced, `scope${what}`)) {
        if (isTraces) spans.push(...listOf(scoped, 'spans').map(spanOf));
        else for (const point of listOf(scoped, 'metrics').flatMap(pointsOf)) series.set(nameOf(point), point);
      }
    }
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      requests.push({ path, headers: request.headers });
      if (answer(response, requests.length)) return;
      try {
        if (request.method !== 'POST') throw new Error(`${request.method} is not POST`);
        take(path, request.headers, Buffer.concat(parts));
        response.writeHead(200, { 'content-type': request.headers['content-type'] ?? '' });
        response.end(request.headers['content-type'] === 'application/json' ? '{}' : undefined);
      } catch (thrown) {
        faults.push(String(thrown));
        response.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    points: () => [...series.values()],
    resources,
    requests,
    faults,
    bytes: () => Buffer.concat(all),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function messageOf(bytes: Buffer, contentType: string | undefined, isTraces: boolean): ProtobufMessage {
  if (contentType === 'application/x-protobuf') return readMessage(bytes, isTraces ? TRACES : METRICS);
  if (contentType === 'application/json') return JSON.parse(bytes.toString('utf8')) as ProtobufMessage;
  throw new Error(`${contentType} is no form of OTLP`);
}

function listOf(message: ProtobufMessage, name: string): readonly ProtobufMessage[] {
  return (message[name] as readonly ProtobufMessage[] | undefined) ?? [];
}

function spanOf(span: ProtobufMessage): ReceivedSpan {
  const [start, end] = [BigInt(span['startTimeUnixNano'] as string), BigInt(span['endTimeUnixNano'] as string)];
  const name = span['name'];
  if (typeof name !== 'string' || name === '') throw new Error('a span has no name');
  if (start === 0n || end < start) throw new Error(`${name} ends before it starts`);
  const status = span['status'] as ProtobufMessage | undefined;
  return {
    traceId: hexOf(span['traceId'], 32),
    spanId: hexOf(span['spanId'], 16),
    parentSpanId: [undefined, ''].includes(span['parentSpanId'] as undefined)
      ? undefined
      : hexOf(span['parentSpanId'], 16),
    name,
    kind: Number(span['kind']),
    startMs: Number(start) / 1e6,
    endMs: Number(end) / 1e6,
    isError: Number(status?.['code'] ?? 0) === 2,
    attributes: attributesOf(span),
  };
}

function hexOf(value: unknown, length: number): string {
  if (typeof value === 'string' && value.length === length && /^(?!0+$)[0-9a-f]+$/u.test(value)) return value;
  throw new Error(`${JSON.stringify(value)} is no id of ${length} digits`);
}

function pointsOf(metric: ProtobufMessage): readonly ReceivedPoint[] {
  const data = (metric['sum'] ?? metric['histogram']) as ProtobufMessage | undefined;
  if (data === undefined) throw new Error(`${String(metric['name'])} is neither a sum nor a histogram`);
  return listOf(data, 'dataPoints').map((point) => ({
    metric: String(metric['name']),
    unit: String(metric['unit']),
    temporality: Number(data['aggregationTemporality']),
    value: numberOf(point['asDouble'] ?? point['asInt']),
    count: numberOf(point['count']),
    sum: numberOf(point['sum']),
    attributes: attributesOf(point),
  }));
}

function nameOf({ metric, attributes }: ReceivedPoint): string {
  return JSON.stringify([metric, attributes]);
}

function attributesOf(of: ProtobufMessage): Readonly<Record<string, unknown>> {
  const attributes: Record<string, unknown> = {};
  for (const { key, value } of listOf(of, 'attributes')) {
    if (typeof key !== 'string' || key === '' || key in attributes)
      throw new Error(`an attribute is wrong: ${String(key)}`);
    attributes[key] = plain(value as ProtobufMessage);
  }
  return attributes;
}

function plain(value: ProtobufMessage): unknown {
  const [[kind, said] = [], ...more] = Object.entries(value);
  if (kind === undefined || more.length > 0) throw new Error('a value is not of one type');
  if (kind === 'intValue') return Number(said);
  if (kind === 'arrayValue') return listOf(said as ProtobufMessage, 'values').map(plain);
  if (kind === 'stringValue' || kind === 'boolValue' || kind === 'doubleValue') return said;
  throw new Error(`a value is a ${kind}`);
}

function numberOf(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}
