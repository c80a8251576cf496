import type { Catalog } from '../catalog/catalog.ts';
import type { ConfiguredEndpoint } from '../config/config.ts';
import { packageVersion } from '../config/package-version.ts';
import type { Environment } from '../domain/environment.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { At } from '../domain/time.ts';
import type { CallRecord } from '../recorder/record.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Redactor } from '../recorder/redact.ts';
import type { CallPlace } from '../telemetry/call-span.ts';
import { observeRecorder, type ObservedRecorder } from '../telemetry/observe-recorder.ts';
import { otelSettingsOf } from '../telemetry/otel-settings.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/**
 * OpenTelemetry, where the environment's standard variables ask for it; its SDK is loaded then and not before. `undefined`: it is
 * off, and nothing of it runs.
 */
async function telemetryIn(env: Environment, complain: (text: string) => void): Promise<Telemetry | undefined> {
  const settings = otelSettingsOf(env);
  for (const complaint of settings?.complaints ?? []) complain(complaint);
  if (settings === undefined || (settings.traces === undefined && settings.metrics === undefined)) return undefined;
  try {
    const otlp = await import('../telemetry/otlp/open-telemetry.ts');
    return otlp.openTelemetry(settings, { complain, version: packageVersion() });
  } catch (thrown) {
    // A certificate that cannot be read, for one: what it would have told is missed, and nothing else.
    complain(`OpenTelemetry could not be opened: ${thrown instanceof Error ? thrown.message : String(thrown)}.`);
    return undefined;
  }
}

/** What spans say of where a call went. */
interface KnownPlaces {
  readonly catalog: Catalog;
  readonly endpoints: ReadonlyMap<EndpointId, ConfiguredEndpoint>;
}

interface ObserveBy {
  readonly env: Environment;
  readonly complain: (text: string) => void;
  readonly clock: () => At;
  readonly redactor: Redactor;
  readonly places: KnownPlaces;
}

export interface Observed extends Pick<ObservedRecorder, 'recorder'> {
  /** `undefined`: it is off, and the recorder is the one that was given. */
  readonly telemetry: Telemetry | undefined;
  readonly jobCalledFrom: ObservedRecorder['jobCalledFrom'] | undefined;
  /** Places as they are from now on. */
  readonly use: (places: Partial<KnownPlaces>) => void;
  readonly close: () => Promise<void>;
}

/** The recorder, watched by OpenTelemetry where the environment asks for it. */
export async function openObserved(recorder: Recorder, by: ObserveBy): Promise<Observed> {
  let { places } = by;
  const use = (next: Partial<KnownPlaces>): void => void (places = { ...places, ...next });
  const telemetry = await telemetryIn(by.env, by.complain);
  if (telemetry === undefined)
    return { recorder, telemetry, jobCalledFrom: undefined, use, close: () => Promise.resolve() };
  const observed = observeRecorder(recorder, telemetry, {
    clock: by.clock,
    clean: (text) => by.redactor.text(text),
    placeOf: (call) => placeOf(places, call),
  });
  return { ...observed, telemetry, use, close: () => telemetry.close() };
}

function placeOf({ catalog, endpoints }: KnownPlaces, call: CallRecord): CallPlace {
  const endpoint = endpoints.get(call.endpoint);
  const url = endpoint !== undefined && URL.canParse(endpoint.baseUrl) ? new URL(endpoint.baseUrl) : undefined;
  const usual = url?.protocol === 'http:' ? 80 : 443;
  return {
    address: url?.hostname,
    port: url === undefined ? undefined : url.port === '' ? usual : Number(url.port),
    cloud: endpoint?.host?.kind,
    modelName: catalog.get(call.requestedModel)?.wireModel ?? call.requestedModel,
  };
}
