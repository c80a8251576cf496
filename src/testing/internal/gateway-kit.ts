import { createCatalog } from '../../catalog/create-catalog.ts';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import { Secret } from '../../config/secret.ts';
import { asId, type EndpointId } from '../../domain/ids.ts';
import { WIRES, type Model } from '../../domain/model.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { Gateway, GatewayDeps } from '../../gateway/gateway.ts';
import { GATEWAY_DEFAULTS, type GatewaySettings } from '../../gateway/settings/gateway-settings.ts';
import { openLedgerHere } from '../../money/sqlite/sqlite-ledger.ts';
import { createRuleForecaster } from '../../predict/forecast/rule-forecaster.ts';
import { createPriorPredictor } from '../../predict/prior-predictor.ts';
import { createMemoryRecorder } from '../../recorder/memory-recorder.ts';
import type { CallRecord, StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import { decide } from '../../router/decide.ts';
import { aPolicy } from '../decision-builders.ts';
import { aModel, aPriceRow, anAutomaticCache, modelId } from '../model-builders.ts';
import { aKeptLog } from './kept-log.ts';

/** Models of every wire format, all at one upstream address. */
export const CLAUDE: Model = aModel({
  id: modelId('claude-opus-test'),
  wireModel: 'claude-opus-test',
  abilityIndex: 60,
  frontier: true,
});
export const CLAUDE_SMALL: Model = aModel({
  id: modelId('claude-haiku-test'),
  wireModel: 'claude-haiku-test',
  abilityIndex: 30,
  prices: {
    base: aPriceRow({ input: 0.5, output: 2, cacheRead: 0.05, cacheWrite: 0.6, cacheWrite1h: 1 }),
    tiers: [],
    peak: undefined,
  },
});
export const GPT: Model = aModel({
  id: modelId('gpt-test'),
  wireModel: 'gpt-test',
  endpoint: asId<EndpointId>('openai'),
  wire: 'openai-responses',
  vendor: 'openai',
  family: 'gpt',
  abilityIndex: 60,
  cacheRule: anAutomaticCache(),
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
});
export const CHAT: Model = aModel({
  id: modelId('chat-test'),
  wireModel: 'chat-test',
  endpoint: asId<EndpointId>('chat'),
  wire: 'openai-chat',
  vendor: 'other',
  family: 'other',
  abilityIndex: 58,
  cacheRule: anAutomaticCache(),
  efforts: [],
});

export const GEMINI: Model = aModel({
  id: modelId('gemini-3-test'),
  wireModel: 'gemini-3-test',
  endpoint: asId<EndpointId>('google'),
  wire: 'gemini-generate-content',
  vendor: 'google',
  family: 'gemini',
  abilityIndex: 57,
  cacheRule: anAutomaticCache(),
  efforts: ['low', 'medium', 'high'],
  requestLimits: { unsignedCalls: 'refused' },
});

/** One of each. */
export const EVERY_WIRE: readonly Model[] = [CLAUDE, GPT, CHAT, GEMINI];

export interface GatewayKit {
  readonly url: string;
  readonly gateway: Gateway;
  /** As configured at the start. */
  readonly endpoints: GatewayDeps['endpoints'];
  readonly recorder: Recorder;
  /** Every call record written so far. */
  readonly calls: readonly CallRecord[];
  readonly steps: readonly StepRecord[];
  readonly warnings: readonly string[];
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export interface GatewayKitOptions {
  readonly upstreamUrl: string;
  readonly models?: readonly Model[];
  readonly settings?: Partial<GatewaySettings>;
  readonly deps?: Partial<GatewayDeps>;
  /** Address per endpoint, where they differ. */
  readonly baseUrls?: Readonly<Record<string, string>>;
  /** Our own key at every endpoint. Absent: none has one, and none needs one. */
  readonly apiKey?: string;
}

/** A gateway on a free port over a scripted upstream, with everything it wrote in memory. */
export async function startGatewayKit(options: GatewayKitOptions): Promise<GatewayKit> {
  const models = options.models ?? [CLAUDE, GPT, CHAT];
  const calls: CallRecord[] = [];
  const steps: StepRecord[] = [];
  const warnings: string[] = [];
  const memory = createMemoryRecorder();
  const recorder: Recorder = {
    ...memory,
    writeCall: (record) => {
      calls.push(record);
      memory.writeCall(record);
    },
    writeStep: (record) => {
      steps.push(record);
      memory.writeStep(record);
    },
  };
  const endpoints = new Map(
    [...new Set(models.map((model) => model.endpoint))].map((id) => [
      id,
      endpointAt(id, options.baseUrls?.[id] ?? options.upstreamUrl, options.apiKey),
    ]),
  );
  const clock = options.deps?.clock;
  const gateway = createGateway({
    settings: { ...GATEWAY_DEFAULTS, port: 0, retryBaseMs: 5, drainMs: 1000, ...options.settings },
    catalog: createCatalog(models),
    models,
    endpoints,
    policy: aPolicy(),
    policies: new Map(),
    decide,
    shadows: [],
    predictor: createPriorPredictor(),
    forecaster: createRuleForecaster(),
    recorder,
    accessKeys: [],
    ledger: openLedgerHere({ file: ':memory:', onFault: (error) => void warnings.push(error.message) }),
    log: {
      ...aKeptLog().log,
      warn: (message) => void warnings.push(message),
      error: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`),
    },
    clock: { now: () => Date.now() },
    ...options.deps,
    // A test that moves the time moves all of it.
    ...(clock === undefined ? {} : { clock: { monotonicMs: () => clock.now(), ...clock } }),
  });
  const { url } = await gateway.listen();
  return {
    url,
    gateway,
    endpoints,
    recorder,
    calls,
    steps,
    warnings,
    post: async (path, body, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

function endpointAt(id: EndpointId, baseUrl: string, apiKey: string | undefined): ConfiguredEndpoint {
  return {
    id,
    baseUrl,
    wires: WIRES,
    apiKey: apiKey === undefined ? undefined : new Secret(apiKey, 'test'),
    apiKeyName: 'TEST_API_KEY',
    keyless: true,
    headers: {},
    timeoutMs: undefined,
    idleTimeoutMs: undefined,
    compliance: {},
    wanted: true,
  };
}
