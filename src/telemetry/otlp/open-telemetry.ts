import { setTimeout as sleep } from 'node:timers/promises';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Attributes as OtelAttributes,
  type Context,
  type Meter,
} from '@opentelemetry/api';
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import * as undici from 'undici';
import type { Ms } from '../../domain/time.ts';
import { GENERAL, INSTRUMENTS, type Instrument, type InstrumentName } from '../names.ts';
import type { OtelSettings, SignalSettings } from '../otel-settings.ts';
import type { Attributes, FinishedSpan, Telemetry } from '../telemetry.ts';
import type { TraceParent } from '../trace-context.ts';
import { createOtlpExporter } from './otlp-exporter.ts';
import { createOtlpSender, type OtlpSender } from './otlp-sender.ts';

/** What a process that ends gives its collector. */
const LAST_MS: Ms = 2000;
/** Series of one instrument: past that, new ones are counted together, as the SDK does it. */
const MAX_SERIES = 1000;

const KINDS = { client: SpanKind.CLIENT, server: SpanKind.SERVER, internal: SpanKind.INTERNAL } as const;

interface OpenBy {
  readonly complain: (text: string) => void;
  readonly version: string;
}

/** OpenTelemetry's own SDK behind our port. Nothing of it is made global: whoever embeds us keeps their own. */
export function openTelemetry(settings: OtelSettings, by: OpenBy): Telemetry {
  const senders: OtlpSender[] = [];
  const sampler = samplerOf(settings);
  const resource = resourceFromAttributes({ 'service.version': by.version, ...settings.resource });
  const open = (signal: SignalSettings): OtlpSender => {
    const sender = createOtlpSender(signal, undici);
    senders.push(sender);
    return sender;
  };
  const traces = settings.traces && openTraces(settings, settings.traces, { open, by, resource, sampler });
  const metrics = settings.metrics && openMetrics(settings, settings.metrics, { open, by, resource });
  const record = metrics === undefined ? undefined : recorderOf(metrics.getMeter('pointsman', by.version));
  return {
    propagates: settings.propagates,
    span: (span) => traces?.span(span),
    record: (name, value, attributes) => record?.(name, value, definedOf(attributes)),
    isSampled(traceId, parent) {
      const context = parent === undefined ? ROOT_CONTEXT : contextWith({ ...parent, isRemote: true });
      const { decision } = sampler.shouldSample(context, traceId, '', SpanKind.INTERNAL, {}, []);
      return decision === SamplingDecision.RECORD_AND_SAMPLED;
    },
    async close() {
      const sent = Promise.allSettled([traces?.shutdown(), metrics?.shutdown()]);
      await Promise.race([sent, sleep(LAST_MS, undefined, { ref: false })]);
      await Promise.allSettled(senders.map((sender) => sender.close()));
      await sent;
    },
  };
}

interface OpenParts {
  readonly open: (signal: SignalSettings) => OtlpSender;
  readonly by: OpenBy;
  readonly resource: Resource;
}

interface Traces {
  span(span: FinishedSpan): void;
  shutdown(): Promise<void>;
}

function openTraces(
  { batch, maxAttributeChars }: OtelSettings,
  signal: SignalSettings,
  { open, by, resource, sampler }: OpenParts & { readonly sampler: Sampler },
): Traces {
  const serializer = signal.protocol === 'http/json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  const processor = new BatchSpanProcessor({
    exporter: createOtlpExporter(open(signal), serializer, { what: 'spans', complain: by.complain }),
    scheduledDelayMillis: batch.delayMs,
    maxQueueSize: batch.maxQueueCount,
    maxExportBatchSize: Math.min(batch.maxBatchCount, batch.maxQueueCount),
    exportTimeoutMillis: batch.timeoutMs,
  });
  // Ids are made of those of records, which only whoever starts a span knows.
  const next = { traceId: '', spanId: '' };
  const provider = new TracerProvider({
    resource,
    sampler,
    spanProcessors: [processor],
    ...(maxAttributeChars === undefined ? {} : { spanLimits: { attributeValueLengthLimit: maxAttributeChars } }),
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
  });
  const tracer = provider.getTracer('pointsman', by.version);
  return {
    span({ traceId, spanId, parent, name, kind, startedAt, durationMs, attributes, errorType }) {
      next.traceId = traceId;
      next.spanId = spanId;
      const started = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          startTime: timeOf(startedAt),
          attributes: definedOf({ ...attributes, [GENERAL.errorType]: errorType }),
        },
        parent === undefined ? ROOT_CONTEXT : contextWith(parent),
      );
      if (errorType !== undefined) started.setStatus({ code: SpanStatusCode.ERROR });
      started.end(timeOf(startedAt + durationMs));
    },
    shutdown: () => provider.shutdown(),
  };
}

function openMetrics(
  { temporality, metricIntervalMs }: OtelSettings,
  signal: SignalSettings,
  { open, by, resource }: OpenParts,
): MeterProvider {
  const serializer = signal.protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const exporter = {
    ...createOtlpExporter(open(signal), serializer, { what: 'metrics', complain: by.complain }),
    selectAggregationTemporality: temporalityOf(temporality),
  };
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: metricIntervalMs,
    exportTimeoutMillis: Math.min(metricIntervalMs, signal.timeoutMs),
    cardinalityLimits: { default: MAX_SERIES },
  });
  return new MeterProvider({ resource, readers: [reader] });
}

type RecordValue = (name: InstrumentName, value: number, attributes: OtelAttributes) => void;

/** Each instrument is made when something is first recorded by it. */
function recorderOf(meter: Meter): RecordValue {
  const made = new Map<InstrumentName, (value: number, attributes: OtelAttributes) => void>();
  const make = (name: InstrumentName): ((value: number, attributes: OtelAttributes) => void) => {
    const { kind, unit, description, bounds }: Instrument = INSTRUMENTS[name];
    if (kind === 'histogram') {
      const histogram = meter.createHistogram(name, {
        unit,
        description,
        ...(bounds === undefined ? {} : { advice: { explicitBucketBoundaries: [...bounds] } }),
      });
      return (value, attributes) => histogram.record(value, attributes);
    }
    const counter = meter.createCounter(name, { unit, description });
    return (value, attributes) => counter.add(value, attributes);
  };
  return (name, value, attributes) => {
    let one = made.get(name);
    if (one === undefined) made.set(name, (one = make(name)));
    one(value, attributes);
  };
}

function samplerOf({ sampler: { name, ratio } }: OtelSettings): Sampler {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return name.startsWith('parentbased') ? new ParentBasedSampler({ root }) : root;
}

const ADDED_UP: ReadonlySet<InstrumentType> = new Set([InstrumentType.COUNTER, InstrumentType.HISTOGRAM]);

function temporalityOf(said: OtelSettings['temporality']): (type: InstrumentType) => AggregationTemporality {
  return (type) =>
    said !== 'cumulative' && ADDED_UP.has(type) ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
}

function contextWith({ traceId, spanId, isSampled, isRemote }: TraceParent & { readonly isRemote: boolean }): Context {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote });
}

/** Seconds and nanoseconds: a plain number that is small would count from the start of the process. */
function timeOf(ms: number): [number, number] {
  const whole = Math.floor(ms / 1000);
  return [whole, Math.round((ms - whole * 1000) * 1e6)];
}

function definedOf(attributes: Attributes): OtelAttributes {
  const defined: OtelAttributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    defined[name] = typeof value === 'object' ? [...value] : value;
  }
  return defined;
}
