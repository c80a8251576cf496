import { variableOf } from '../config/environment.ts';
import type { Environment } from '../domain/environment.ts';
import type { Ms } from '../domain/time.ts';

/** Where one signal goes. */
export interface SignalSettings {
  readonly url: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  /** They may hold a secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: Ms;
  readonly isCompressed: boolean;
  /** Files in PEM form. */
  readonly tls: Readonly<Record<'ca' | 'key' | 'cert', string | undefined>>;
}

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

/** What the standard OTEL_ variables ask for. */
export interface OtelSettings {
  /** `undefined`: none are sent. */
  readonly traces: SignalSettings | undefined;
  readonly metrics: SignalSettings | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly name: SamplerName; readonly ratio: number };
  readonly propagates: boolean;
  readonly batch: {
    readonly delayMs: Ms;
    readonly maxQueueCount: number;
    readonly maxBatchCount: number;
    readonly timeoutMs: Ms;
  };
  readonly metricIntervalMs: Ms;
  readonly temporality: 'cumulative' | 'delta' | 'lowmemory';
  readonly maxAttributeChars: number | undefined;
  /** What was asked for and is not done, as sentences; never a value that may be secret. */
  readonly complaints: readonly string[];
}

const SAMPLERS: readonly SamplerName[] = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
];

/** Their variables: the signal's own wins over that of both. */
type Signal = 'TRACES' | 'METRICS';

/**
 * Reads the variables of OpenTelemetry's environment and exporter specifications 1.56.0 (opentelemetry.io/docs/specs/otel,
 * read 2026-11-30). `undefined`: nothing is sent anywhere, which is so until a variable names a place to send to. A value
 * that cannot be read counts as not set, and is complained of.
 */
export function otelSettingsOf(env: Environment): OtelSettings | undefined {
  if (variableOf(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const complaints: string[] = [];
  const complain = (text: string): void => void complaints.push(text);
  const traces = signalOf(env, 'TRACES', complain);
  const metrics = signalOf(env, 'METRICS', complain);
  if (traces === undefined && metrics === undefined && complaints.length === 0) return undefined;
  const propagators = variableOf(env, 'OTEL_PROPAGATORS')?.split(',') ?? ['tracecontext'];
  return {
    traces,
    metrics,
    resource: resourceOf(env, complain),
    sampler: samplerOf(env, complain),
    propagates: propagators.some((name) => name.trim().toLowerCase() === 'tracecontext'),
    batch: {
      delayMs: wholeOf(env, 'OTEL_BSP_SCHEDULE_DELAY', 5000, complain),
      maxQueueCount: wholeOf(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048, complain),
      maxBatchCount: wholeOf(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512, complain),
      timeoutMs: wholeOf(env, 'OTEL_BSP_EXPORT_TIMEOUT', 30_000, complain),
    },
    metricIntervalMs: wholeOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000, complain),
    temporality: temporalityOf(env),
    maxAttributeChars: limitOf(env, complain),
    complaints,
  };
}

type Complain = (text: string) => void;

function signalOf(env: Environment, signal: Signal, complain: Complain): SignalSettings | undefined {
  const either = (what: string): Found | undefined =>
    foundAs(env, `OTEL_EXPORTER_OTLP_${signal}_${what}`) ?? foundAs(env, `OTEL_EXPORTER_OTLP_${what}`);
  if (!isAskedFor(env, signal, complain)) return undefined;
  const protocol = protocolOf(either('PROTOCOL')?.value, complain);
  const url = urlFor(env, signal, complain);
  if (protocol === undefined || url === undefined) return undefined;
  return {
    url,
    protocol,
    headers: {
      ...pairsOf(env, 'OTEL_EXPORTER_OTLP_HEADERS', complain),
      ...pairsOf(env, `OTEL_EXPORTER_OTLP_${signal}_HEADERS`, complain),
    },
    timeoutMs: wholeOf(env, either('TIMEOUT')?.name ?? '', 10_000, complain),
    isCompressed: isCompressed(either('COMPRESSION')?.value, complain),
    tls: {
      ca: either('CERTIFICATE')?.value,
      key: either('CLIENT_KEY')?.value,
      cert: either('CLIENT_CERTIFICATE')?.value,
    },
  };
}

interface Found {
  readonly name: string;
  readonly value: string;
}

function foundAs(env: Environment, name: string): Found | undefined {
  const value = variableOf(env, name);
  return value === undefined ? undefined : { name, value };
}

/** A place to send to, or `otlp` as the exporter; `none` wins over both. */
function isAskedFor(env: Environment, signal: Signal, complain: Complain): boolean {
  const name = `OTEL_${signal}_EXPORTER`;
  const exporters = variableOf(env, name)
    ?.toLowerCase()
    .split(',')
    .map((one) => one.trim());
  if (exporters?.includes('none') === true) return false;
  for (const other of exporters ?? [])
    if (other !== 'otlp') complain(`${name} names "${other.slice(0, 20)}", which is not known here: otlp is.`);
  if (exporters !== undefined) return exporters.includes('otlp');
  const places = [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  return places.some((place) => variableOf(env, place) !== undefined);
}

function protocolOf(said: string | undefined, complain: Complain): SignalSettings['protocol'] | undefined {
  const protocol = said?.toLowerCase() ?? 'http/protobuf';
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol;
  const hint = 'set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or http/json';
  complain(`OTLP over "${protocol.slice(0, 20)}" is not spoken here: ${hint}.`);
  return undefined;
}

function isCompressed(said: string | undefined, complain: Complain): boolean {
  const compression = said?.toLowerCase() ?? 'none';
  if (compression !== 'none' && compression !== 'gzip')
    complain('OTEL_EXPORTER_OTLP_COMPRESSION is neither gzip nor none.');
  return compression === 'gzip';
}

/** Without an address it is a collector on this machine, as OpenTelemetry has it. */
function urlFor(env: Environment, signal: Signal, complain: Complain): string | undefined {
  const own = foundAs(env, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  const shared = foundAs(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const url = own === undefined ? sharedUrl(shared?.value ?? 'http://localhost:4318', signal) : urlOf(own.value);
  if (url === undefined) complain(`The address in ${(own ?? shared)?.name} is no http or https URL.`);
  return url;
}

function urlOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : undefined;
}

/** The address of both signals has no path of a signal yet. */
function sharedUrl(base: string, signal: Signal): string | undefined {
  const url = urlOf(base);
  if (url === undefined) return undefined;
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname.replace(/\/$/u, '')}/v1/${signal.toLowerCase()}${search}`;
}

/** `a=b,c=d`, percent-encoded, as in W3C Baggage. */
function pairsOf(env: Environment, variable: string, complain: Complain): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {};
  for (const part of variableOf(env, variable)?.split(',') ?? []) {
    if (part.trim() === '') continue;
    const cut = part.indexOf('=');
    const name = part.slice(0, Math.max(0, cut)).trim();
    const value = decoded(part.slice(cut + 1).trim());
    if (name === '' || value === undefined) complain(`A part of ${variable} is not of the form name=value.`);
    else pairs[name] = value;
  }
  return pairs;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function resourceOf(env: Environment, complain: Complain): Readonly<Record<string, string>> {
  const said = pairsOf(env, 'OTEL_RESOURCE_ATTRIBUTES', complain);
  return { ...said, 'service.name': variableOf(env, 'OTEL_SERVICE_NAME') ?? said['service.name'] ?? 'pointsman' };
}

function samplerOf(env: Environment, complain: Complain): OtelSettings['sampler'] {
  const said = variableOf(env, 'OTEL_TRACES_SAMPLER')?.toLowerCase();
  const name = SAMPLERS.find((one) => one === said);
  if (said !== undefined && name === undefined) complain(`OTEL_TRACES_SAMPLER is none of ${SAMPLERS.join(', ')}.`);
  const text = variableOf(env, 'OTEL_TRACES_SAMPLER_ARG');
  const ratio = Number(text ?? 1);
  const isRatio = ratio >= 0 && ratio <= 1;
  if (!isRatio && name?.endsWith('ratio') === true) complain('OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1.');
  return { name: name ?? 'parentbased_always_on', ratio: isRatio ? ratio : 1 };
}

function temporalityOf(env: Environment): OtelSettings['temporality'] {
  const said = variableOf(env, 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE')?.toLowerCase();
  return said === 'delta' || said === 'lowmemory' ? said : 'cumulative';
}

function limitOf(env: Environment, complain: Complain): number | undefined {
  const name =
    variableOf(env, 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') === undefined
      ? 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'
      : 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT';
  return variableOf(env, name) === undefined ? undefined : wholeOf(env, name, 4096, complain);
}

function wholeOf(env: Environment, name: string, otherwise: number, complain: Complain): number {
  const text = variableOf(env, name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= 2 ** 31 - 1) return value;
  complain(`${name} is no whole number above 0.`);
  return otherwise;
}
