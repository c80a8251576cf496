import { onTestFinished, describe, expect, test } from 'vitest';
import type { Environment } from '../../domain/environment.ts';
import { openCollector, type Collector, type CollectorAnswer } from '../../testing/internal/otlp/collector.ts';
import { otelSettingsOf } from '../otel-settings.ts';
import type { FinishedSpan, Telemetry } from '../telemetry.ts';
import { traceIdOf } from '../trace-context.ts';
import { openTelemetry } from './open-telemetry.ts';

async function collector(answer?: CollectorAnswer): Promise<Collector> {
  const opened = await openCollector(answer);
  onTestFinished(async () => opened.close());
  return opened;
}

interface Opened extends Telemetry {
  readonly complaints: readonly string[];
}

function open(env: Environment): Opened {
  const settings = otelSettingsOf(env);
  if (settings === undefined) throw new Error('nothing was asked for');
  const complaints: string[] = [];
  const telemetry = openTelemetry(settings, { complain: (text) => complaints.push(text), version: '1.2.3' });
  return { ...telemetry, complaints };
}

const SPAN: FinishedSpan = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  name: 'chat x',
  kind: 'client',
  startedAt: 1_795_000_000_123.25,
  durationMs: 1500,
  attributes: { text: 'ä', whole: 3, part: 0.5, yes: true, list: ['a', 'b'], missing: undefined },
};
const parentOf = (isSampled: boolean): FinishedSpan['parent'] => ({
  ...SPAN,
  spanId: '1111111111111111',
  isSampled,
  isRemote: true,
});

describe.each(['http/protobuf', 'http/json'])('over %s', (protocol) => {
  test('a span and a figure arrive as they are', async () => {
    const to = await collector();
    const telemetry = open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${to.url}/base/`,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=lost',
      OTEL_SERVICE_NAME: 'mine',
    });
    telemetry.span({ ...SPAN, parent: parentOf(true), errorType: 'provider-timeout' });
    telemetry.record('gen_ai.client.inference.duration', 0.7, { a: 'x' });
    telemetry.record('gen_ai.client.inference.duration', 0.8, { a: 'x' });
    telemetry.record('pointsman.bill', 0.25, {});
    telemetry.record('pointsman.bill', 0.5, {});
    await telemetry.close();
    expect([to.faults, telemetry.complaints]).toEqual([[], []]);
    expect(to.requests.map(({ path }) => path).toSorted()).toEqual(['/base/v1/metrics', '/base/v1/traces']);
    for (const { headers } of to.requests) expect(headers['x-tenant']).toBe('a b');
    expect(to.resources[0]).toEqual({
      'service.name': 'mine',
      'service.version': '1.2.3',
      'deployment.environment.name': 'test',
    });
    const { missing: _missing, ...attributes } = SPAN.attributes;
    expect(to.spans).toEqual([
      {
        traceId: SPAN.traceId,
        spanId: SPAN.spanId,
        parentSpanId: '1111111111111111',
        name: 'chat x',
        kind: 3,
        startMs: 1_795_000_000_123.25,
        endMs: 1_795_000_001_623.25,
        isError: true,
        attributes: { ...attributes, 'error.type': 'provider-timeout' },
      },
    ]);
    expect(to.points()).toEqual([
      {
        metric: 'gen_ai.client.inference.duration',
        unit: 's',
        temporality: 2,
        value: undefined,
        count: 2,
        sum: 1.5,
        attributes: { a: 'x' },
      },
      {
        metric: 'pointsman.bill',
        unit: 'USD',
        temporality: 2,
        value: 0.75,
        count: undefined,
        sum: undefined,
        attributes: {},
      },
    ]);
  });
});

describe('the sampler', () => {
  test.each([
    [undefined, undefined, [true, true, false]],
    ['always_off', undefined, [false, false, false]],
    ['always_on', undefined, [true, true, true]],
    ['parentbased_always_off', undefined, [false, true, false]],
    ['traceidratio', '0', [false, false, false]],
    ['parentbased_traceidratio', '0', [false, true, false]],
    ['parentbased_traceidratio', '1', [true, true, false]],
  ])('%s (%s) keeps a root, a child of a kept span and one of another: %j', async (name, argument, kept) => {
    const to = await collector();
    const telemetry = open({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${to.url}/v1/traces`,
      OTEL_TRACES_SAMPLER: name,
      OTEL_TRACES_SAMPLER_ARG: argument,
    });
    const spans = [undefined, parentOf(true), parentOf(false)].map((parent, index) => ({
      ...SPAN,
      spanId: `${index + 1}`.repeat(16),
      parent,
    }));
    expect(spans.map(({ traceId, parent }) => telemetry.isSampled(traceId, parent))).toEqual(kept);
    for (const span of spans) telemetry.span(span);
    await telemetry.close();
    expect(spans.map(({ spanId }) => to.spans.some((span) => span.spanId === spanId))).toEqual(kept);
  });

  test('of a half keeps about half of the traces, each whole', () => {
    const telemetry = open({
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
    });
    const kept = Array.from({ length: 1000 }, (_, index) => telemetry.isSampled(traceIdOf('job', index), undefined));
    expect(kept.filter(Boolean).length).toBeGreaterThan(400);
    expect(kept.filter(Boolean).length).toBeLessThan(600);
  });
});

describe('a collector', () => {
  const traces = (url: string): Environment => ({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cr3t-of-the-collector',
  });

  test('that never answers holds nobody up when the process ends, and is complained of without a secret', async () => {
    const to = await collector(() => true);
    const telemetry = open(traces(to.url));
    telemetry.span(SPAN);
    await telemetry.close();
    expect(to.requests).toHaveLength(1);
    expect(telemetry.complaints).toHaveLength(1);
    expect(telemetry.complaints.join()).not.toContain('s3cr3t');
  });

  test.each([400, 401, 413, 500])('that answers %i is asked once', async (status) => {
    const to = await collector((response) => {
      response.writeHead(status).end();
      return true;
    });
    const telemetry = open(traces(to.url));
    telemetry.span(SPAN);
    await telemetry.close();
    expect(to.requests).toHaveLength(1);
    expect(telemetry.complaints).toEqual([expect.stringContaining(`it answered ${status}`)]);
  });

  test('that is busy for a moment is asked again', async () => {
    const to = await collector((response, count) => {
      if (count > 2) return false;
      response.writeHead(count === 1 ? 503 : 429, { 'retry-after': '0' }).end();
      return true;
    });
    const telemetry = open(traces(to.url));
    telemetry.span(SPAN);
    await telemetry.close();
    expect(to.spans).toHaveLength(1);
    expect(telemetry.complaints).toEqual([]);
  });

  test('gets at most what the queue holds', async () => {
    const to = await collector();
    const telemetry = open({ ...traces(to.url), OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_SCHEDULE_DELAY: '60000' });
    for (let index = 0; index < 100; index++) telemetry.span({ ...SPAN, spanId: index.toString(16).padStart(16, 'a') });
    await telemetry.close();
    // One batch is under way, and one waits.
    expect(to.spans.length).toBeLessThanOrEqual(20);
    expect(to.spans.length).toBeGreaterThan(0);
  });
});
