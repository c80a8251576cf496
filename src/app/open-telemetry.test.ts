import { afterEach, describe, expect, test } from 'vitest';
import type { Environment } from '../domain/environment.ts';
import { openCloudBench, type CloudBench } from '../testing/internal/clouds/cloud-bench.ts';
import { openCollector, type Collector, type ReceivedSpan } from '../testing/internal/otlp/collector.ts';
import { fine, openTestBed, type TestBed, type Words } from '../testing/internal/test-bed.ts';

const CALLER = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const PROMPT = 'the words of a prompt that nobody may see';
const ANSWER = 'the words of an answer that nobody may see';
const SECRET = 'sk-ant-api03-a-secret-that-nobody-may-see-0123456789';

const opened: { close(): Promise<void> }[] = [];
const toClose = <One extends { close(): Promise<void> }>(one: One): One => {
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

const collector = async (): Promise<Collector> => toClose(await openCollector());

async function gateway(env: Environment): Promise<CloudBench> {
  const bench = await openCloudBench({
    yaml: 'endpoints:\n  anthropic: { baseUrl: URL }\n',
    env: { POINTSMAN_ANTHROPIC_API_KEY: SECRET, ...env },
    script: () => ({ text: ANSWER }),
  });
  let closed: Promise<void> | undefined;
  return toClose({ ...bench, close: () => (closed ??= bench.close()) });
}

async function testBed(env: Environment, words: Words = (asked) => fine(asked)): Promise<TestBed> {
  const bed = await openTestBed({ words, options: { env: { PATH: process.env['PATH'], ...env } } });
  return toClose(bed);
}

async function ask(bench: CloudBench, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const body = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user', content: PROMPT }] };
  const answer = await fetch(`${bench.gatewayUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'claude-cli/2.1.332 (external, cli)', ...headers },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  await answer.text();
  return answer;
}

const named = (spans: readonly ReceivedSpan[], start: string): ReceivedSpan => {
  const found = spans.filter(({ name }) => name.startsWith(start));
  expect(found.map(({ name }) => name)).toHaveLength(1);
  return found[0] as ReceivedSpan;
};

describe('the gateway', () => {
  test('sends a client span for each call, with its decision inside, and counts it', async () => {
    const to = await collector();
    const bench = await gateway({ OTEL_EXPORTER_OTLP_ENDPOINT: to.url, OTEL_SERVICE_NAME: 'my-gateway' });
    await ask(bench, { traceparent: CALLER, tracestate: 'acme=1' });
    const sent = bench.server.calls.at(-1)?.headers;
    await ask(bench);
    await ask(bench, { traceparent: 'ff-nonsense' });
    await ask(bench, { traceparent: CALLER.replace('4bf9', '0000').replace(/01$/u, '00') });
    await bench.close();

    expect(to.faults).toEqual([]);
    expect(to.resources[0]).toMatchObject({ 'service.name': 'my-gateway' });
    const calls = to.spans.filter(({ name }) => name.startsWith('chat '));
    // The caller of the fourth keeps no trace.
    expect(calls).toHaveLength(3);
    const [first, ...others] = calls as [ReceivedSpan, ...ReceivedSpan[]];
    expect(others.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined, undefined]);
    expect(new Set(calls.map(({ traceId }) => traceId)).size).toBe(3);
    expect(first).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: '00f067aa0ba902b7',
      kind: 3,
      isError: false,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.request.stream': false,
        'gen_ai.response.finish_reasons': ['stop'],
        'server.address': '127.0.0.1',
        'pointsman.endpoint': 'anthropic',
        'pointsman.harness': 'claude-code',
        'pointsman.asked_for': 'claude-haiku-4-5',
      },
    });
    expect(first.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
    expect(first.attributes['pointsman.bill.usd']).toBeGreaterThan(0);
    // The server that was called is the user's own: what it says of the call stands below ours.
    expect(sent?.['traceparent']).toBe(`00-${first.traceId}-${first.spanId}-01`);
    expect(sent?.['tracestate']).toBe('acme=1');
    const decision = named(
      to.spans.filter(({ traceId }) => traceId === first.traceId),
      'decide ',
    );
    expect(decision).toMatchObject({ parentSpanId: first.spanId, kind: 1 });
    expect(decision.attributes['pointsman.decision.id']).toBe(first.attributes['pointsman.decision.id']);

    const points = new Map(to.points().map((point) => [point.metric, point]));
    expect(points.get('gen_ai.client.inference.duration')).toMatchObject({ unit: 's', count: 4, temporality: 2 });
    expect(points.get('gen_ai.client.inference.usage.input_tokens')?.unit).toBe('{token}');
    expect(points.get('pointsman.bill')?.value).toBeGreaterThan(first.attributes['pointsman.bill.usd'] as number);
    const text = to.bytes().toString('latin1');
    for (const word of [PROMPT, ANSWER, SECRET]) expect(text).not.toContain(word);
  });

  test('sends nothing while the SDK is disabled, and loses no call to a collector that is not there', async () => {
    const to = await collector();
    const off = { OTEL_EXPORTER_OTLP_ENDPOINT: to.url, OTEL_SDK_DISABLED: 'TRUE' };
    for (const env of [off, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }]) {
      const bench = await gateway(env);
      await ask(bench);
      await bench.close();
    }
    expect(to.requests).toEqual([]);
  });
});

describe('a job', () => {
  test('is one trace: its runs, their steps, the decisions and calls in them; none of it leaves twice', async () => {
    const to = await collector();
    const bed = await testBed({ OTEL_EXPORTER_OTLP_ENDPOINT: to.url });
    const { jobId } = await bed.pointsman.planJob({ task: PROMPT, workspace: bed.workspace });
    await bed.pointsman.close();
    const again = await bed.reopen();
    const handle = await again.resumeJob(jobId);
    expect((await handle.result).status).toBe('done');
    await again.close();

    expect(to.faults).toEqual([]);
    expect(new Set(to.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(to.spans.map(({ spanId }) => spanId)).size).toBe(to.spans.length);
    const runs = to.spans.filter(({ name }) => name === 'invoke_workflow pointsman');
    expect(runs.map(({ attributes }) => attributes['pointsman.job.status'])).toEqual(['paused', 'done']);
    for (const { parentSpanId, attributes } of runs) {
      expect(parentSpanId).toBeUndefined();
      expect(attributes['pointsman.job.id']).toBe(jobId);
    }
    const steps = to.spans.filter(({ name }) => name.startsWith('invoke_agent '));
    expect(steps.map(({ name }) => name)).toEqual(['invoke_agent plan', 'invoke_agent code', 'invoke_agent summarize']);
    const [planned, ...done] = steps.map(({ parentSpanId }) => parentSpanId);
    expect(planned).toBe(runs[0]?.spanId);
    expect(new Set(done)).toEqual(new Set([runs[1]?.spanId]));
    const stepIds = new Set(steps.map(({ spanId }) => spanId));
    for (const start of ['decide ', 'chat ']) {
      const inside = to.spans.filter(({ name }) => name.startsWith(start));
      expect(inside).toHaveLength(steps.length);
      expect(new Set(inside.map(({ parentSpanId }) => parentSpanId))).toEqual(stepIds);
    }
    const text = to.bytes().toString('latin1');
    for (const word of [PROMPT, 'The code step is done', 'do one', 'scripted-key']) expect(text).not.toContain(word);
  });

  test('that fails is an error inside its caller’s trace', async () => {
    const to = await collector();
    const bed = await testBed({ OTEL_EXPORTER_OTLP_ENDPOINT: to.url }, () => ({ text: 'no plan at all' }));
    const report = await bed.pointsman.runJob({ task: PROMPT, workspace: bed.workspace }, { traceparent: CALLER });
    expect(report.status).toBe('failed');
    await bed.pointsman.close();
    expect(named(to.spans, 'invoke_workflow ')).toMatchObject({
      isError: true,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: '00f067aa0ba902b7',
    });
    expect(to.bytes().toString('latin1')).not.toContain('no plan at all');
  });
});
