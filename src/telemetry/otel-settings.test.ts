import { describe, expect, test } from 'vitest';
import { otelSettingsOf } from './otel-settings.ts';

const AT = 'http://c.example:4318';

describe('OpenTelemetry’s variables', () => {
  test.each([
    [{}],
    [{ OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '  ' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_SDK_DISABLED: 'true' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'None' }],
  ])('%j ask for nothing', (env) => {
    expect(otelSettingsOf(env)).toBeUndefined();
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT }, `${AT}/v1/traces`, `${AT}/v1/metrics`],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${AT}/a/b/?k=1` }, `${AT}/a/b/v1/traces?k=1`, `${AT}/a/b/v1/metrics?k=1`],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${AT}/t` }, `${AT}/t`, undefined],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: AT }, undefined, `${AT}/`],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t.example/x' },
      'https://t.example/x',
      `${AT}/v1/metrics`,
    ],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces', undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_METRICS_EXPORTER: 'none' }, `${AT}/v1/traces`, undefined],
  ])('%j send traces to %s and metrics to %s', (env, traces, metrics) => {
    const settings = otelSettingsOf(env);
    expect([settings?.traces?.url, settings?.metrics?.url]).toEqual([traces, metrics]);
    expect(settings?.complaints).toEqual([]);
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /grpc.*not spoken/u],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'c.example:4318' }, /no http or https URL/u],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /zipkin/u],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, /OTEL_TRACES_SAMPLER is none of/u],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /OTEL_TRACES_SAMPLER_ARG/u],
    [{ OTEL_BSP_SCHEDULE_DELAY: 'soon' }, /OTEL_BSP_SCHEDULE_DELAY/u],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }, /OTEL_EXPORTER_OTLP_TIMEOUT/u],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'Bearer-s3cr3t' }, /OTEL_EXPORTER_OTLP_HEADERS/u],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=%E0%A4%A' }, /OTEL_RESOURCE_ATTRIBUTES/u],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' }, /COMPRESSION/u],
  ])('%j is complained of, and stops nothing', (env, complaint) => {
    const complaints = otelSettingsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: AT, ...env })?.complaints ?? [];
    expect(complaints.join(' ')).toMatch(complaint);
    expect(complaints.join(' ')).not.toContain('s3cr3t');
  });

  test('a signal’s own variables win over those of both', () => {
    const settings = otelSettingsOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: AT,
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=3',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'HTTP/Protobuf',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '7000',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/ca.pem',
    });
    expect(settings?.traces).toMatchObject({
      headers: { a: '1', b: '3' },
      protocol: 'http/json',
      timeoutMs: 7000,
      tls: { ca: '/ca.pem' },
    });
    expect(settings?.metrics).toMatchObject({
      headers: { a: '1', b: '2' },
      protocol: 'http/protobuf',
      timeoutMs: 5000,
    });
  });

  test.each([
    [{}, true],
    [{ OTEL_PROPAGATORS: 'baggage, TraceContext' }, true],
    [{ OTEL_PROPAGATORS: 'none' }, false],
    [{ OTEL_PROPAGATORS: 'b3' }, false],
  ])('%j hand the context on: %s', (env, propagates) => {
    expect(otelSettingsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: AT, ...env })?.propagates).toBe(propagates);
  });
});
