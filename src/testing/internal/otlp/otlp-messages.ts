import type { MessageType } from './protobuf.ts';

/** The messages of OTLP that we send, by opentelemetry-proto 1.8 (opentelemetry/proto/{trace,metrics,common,resource}/v1, read 2026-11-30). */
const ANY_VALUE: MessageType = {
  name: 'AnyValue',
  fields: {
    1: ['stringValue', 'text'],
    2: ['boolValue', 'bool'],
    3: ['intValue', 'varint'],
    4: ['doubleValue', 'double'],
    5: ['arrayValue', { name: 'ArrayValue', fields: { 1: ['values', () => ANY_VALUE, 'repeated'] } }],
  },
};
const KEY_VALUE: MessageType = { name: 'KeyValue', fields: { 1: ['key', 'text'], 2: ['value', ANY_VALUE] } };
const RESOURCE: MessageType = {
  name: 'Resource',
  fields: { 1: ['attributes', KEY_VALUE, 'repeated'], 2: ['droppedAttributesCount', 'varint'] },
};
const SCOPE: MessageType = { name: 'InstrumentationScope', fields: { 1: ['name', 'text'], 2: ['version', 'text'] } };
const SPAN: MessageType = {
  name: 'Span',
  fields: {
    1: ['traceId', 'bytes'],
    2: ['spanId', 'bytes'],
    3: ['traceState', 'text'],
    4: ['parentSpanId', 'bytes'],
    5: ['name', 'text'],
    6: ['kind', 'varint'],
    7: ['startTimeUnixNano', 'fixed64'],
    8: ['endTimeUnixNano', 'fixed64'],
    9: ['attributes', KEY_VALUE, 'repeated'],
    10: ['droppedAttributesCount', 'varint'],
    12: ['droppedEventsCount', 'varint'],
    14: ['droppedLinksCount', 'varint'],
    15: ['status', { name: 'Status', fields: { 2: ['message', 'text'], 3: ['code', 'varint'] } }],
    16: ['flags', 'fixed32'],
  },
};
const NUMBER_POINT: MessageType = {
  name: 'NumberDataPoint',
  fields: {
    2: ['startTimeUnixNano', 'fixed64'],
    3: ['timeUnixNano', 'fixed64'],
    4: ['asDouble', 'double'],
    6: ['asInt', 'fixed64'],
    7: ['attributes', KEY_VALUE, 'repeated'],
    8: ['flags', 'varint'],
  },
};
const HISTOGRAM_POINT: MessageType = {
  name: 'HistogramDataPoint',
  fields: {
    2: ['startTimeUnixNano', 'fixed64'],
    3: ['timeUnixNano', 'fixed64'],
    4: ['count', 'fixed64'],
    5: ['sum', 'double'],
    6: ['bucketCounts', 'fixed64s'],
    7: ['explicitBounds', 'doubles'],
    9: ['attributes', KEY_VALUE, 'repeated'],
    10: ['flags', 'varint'],
    11: ['min', 'double'],
    12: ['max', 'double'],
  },
};
const METRIC: MessageType = {
  name: 'Metric',
  fields: {
    1: ['name', 'text'],
    2: ['description', 'text'],
    3: ['unit', 'text'],
    7: [
      'sum',
      {
        name: 'Sum',
        fields: {
          1: ['dataPoints', NUMBER_POINT, 'repeated'],
          2: ['aggregationTemporality', 'varint'],
          3: ['isMonotonic', 'bool'],
        },
      },
    ],
    9: [
      'histogram',
      {
        name: 'Histogram',
        fields: { 1: ['dataPoints', HISTOGRAM_POINT, 'repeated'], 2: ['aggregationTemporality', 'varint'] },
      },
    ],
  },
};

export const TRACES: MessageType = signal('Spans', 'spans', SPAN);
export const METRICS: MessageType = signal('Metrics', 'metrics', METRIC);

function signal(what: string, inner: string, item: MessageType): MessageType {
  const scoped: MessageType = {
    name: `Scope${what}`,
    fields: { 1: ['scope', SCOPE], 2: [inner, item, 'repeated'], 3: ['schemaUrl', 'text'] },
  };
  const resourced: MessageType = {
    name: `Resource${what}`,
    fields: { 1: ['resource', RESOURCE], 2: [`scope${what}`, scoped, 'repeated'], 3: ['schemaUrl', 'text'] },
  };
  return { name: `Export${what}`, fields: { 1: [`resource${what}`, resourced, 'repeated'] } };
}
