import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PointsmanError, toPointsmanError } from './domain/errors.ts';
import { createBeliefBook } from './learn/belief-book.ts';
import { createJobService } from './orchestrator/create-job-service.ts';
import { createMemoryJournal } from './orchestrator/memory-journal.ts';
import { createMemoryRecorder } from './recorder/memory-recorder.ts';
import { createModelCaller } from './orchestrator/model-caller.ts';
import { createLearnedForecaster } from './predict/learned-forecaster.ts';
import { createLearnedPredictor } from './predict/learned-predictor.ts';
import { loadArtifact } from './predict/artifact.ts';
import { shippedArtifact } from './predict/shipped-artifact.ts';
import { createRuleForecaster } from './predict/rule-forecaster.ts';
import { createProviders } from './providers/create-providers.ts';
import { createRedactor } from './recorder/redact.ts';
import { choosePolicy, loadPolicies } from './policy/load-policies.ts';
import { decide } from './router/decide.ts';
import { driftRatio } from './router/drift.ts';
import { defaultCommandRules, parseCommandRules } from './tools/command-runner/command-rule.ts';
import { isReady, secretsOf } from './config/config.ts';
import { loadCatalog } from './catalog/load-catalog.ts';
import { loadConfig } from './config/load-config.ts';
import { openToolRegistry } from './tools/open-tool-registry.ts';
import { withDial } from './policy/with-dial.ts';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { At, Ms, Ratio } from './domain/time.ts';
import type { Checkpoints } from './orchestrator/sqlite/sqlite-checkpoints.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { AllowedCommand, Config } from './config/config.ts';
import type { EndpointConfig } from './providers/endpoint-config.ts';
import type { JobJournal } from './orchestrator/job-journal.ts';
import type { Model } from './domain/model.ts';
import type { ModelProvider } from './providers/provider.ts';
import type { EndpointId } from './domain/ids.ts';
import type { Pointsman } from './orchestrator/pointsman.ts';
import type { Embedder } from './predict/embedder.ts';
import type { Predictor } from './predict/predictor.ts';
import type { Recorder } from './recorder/recorder.ts';
import type { Redactor } from './recorder/redact.ts';
import type { RetryRules } from './providers/retry.ts';
import type { ToolJournal } from './tools/tool-journal.ts';
import type { AccessKey, Gateway, GatewayDeps, GatewaySettings } from './gateway/index.ts';

/** How to build the house. Everything has a default: the environment and the config file of the folder. */
export interface PointsmanOptions {
  /** A loaded configuration. Absent: read from `cwd`, `env` and `configFile`. */
  readonly config?: Config;
  readonly configFile?: string;
  /** Absolute. Absent: the process's own. */
  readonly cwd?: string;
  /** Absent: the process's own. Only named variables reach tool servers. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `memory` keeps nothing: jobs end with the process. Absent: the configured store. */
  readonly store?: 'memory' | { readonly dir: string };
  /** Replaces the network: endpoint id → provider. */
  readonly providers?: ReadonlyMap<EndpointId, ModelProvider>;
  readonly predictor?: Predictor;
  readonly retryRules?: RetryRules;
  /** Say so in every report: the words of the models are scripted. */
  readonly scripted?: boolean;
  readonly clock?: () => At;
  /** How waiting passes: resolves after the pause or when aborted, and never rejects. Absent: in real time. */
  readonly wait?: (pauseMs: Ms, signal: AbortSignal) => Promise<void>;
  /** 0 ≤ x < 1; spreads the pauses between retries. */
  readonly random?: () => Ratio;
  /** Things that are wrong and do not stop anything, such as a record that could not be written. */
  readonly onWarning?: (error: PointsmanError) => void;
}

/** Agents come beside `src` and beside `dist`. */
const AGENTS_DIR = path.resolve(import.meta.dirname, '../agents');
/** What a handoff brief may hold, in reference tokens. */
const BRIEF_TOKENS = 8000;

/**
 * Builds pointsman: configuration, catalogue, policies, providers, stores. Adapters are loaded here and nowhere else, and
 * only when something is built.
 * @throws PointsmanError `config-invalid`, `catalog-invalid`, `policy-invalid`; `record-unwritable` when the store cannot be
 *   opened
 */
export async function createPointsman(options: PointsmanOptions = {}): Promise<Pointsman> {
  const cwd = options.cwd ?? process.cwd();
  const env = options.env ?? process.env;
  const clock = options.clock ?? Date.now;
  const config = options.config ?? loadConfig({ cwd, env, file: options.configFile });
  const catalog = loadCatalog(config.models);
  const policies = loadPolicies(catalog, config.policyDirs);
  const redactor = createRedactor({ secrets: secretsOf(config) });
  const store = await openStore(options, { config, redactor });
  const providers = options.providers ?? (await openProviders(config, clock));
  const callModel = createModelCaller({
    providers,
    random: options.random ?? Math.random,
    ...(options.retryRules === undefined ? {} : { rules: options.retryRules }),
  });
  return createJobService({
    services: {
      clock,
      catalog,
      pool: poolOf(config, catalog, providers),
      callModel,
      predictor: options.predictor ?? openPredictor({ env, onWarning: options.onWarning }),
      beliefs: createBeliefBook({
        recorder: store.recorder,
        clock,
        priorDrift: (from, to, mode) => driftRatio([], from, to, mode),
        scripted: options.scripted ?? false,
        onWarning: options.onWarning,
      }),
      decide,
      journal: store.journal,
      recorder: store.recorder,
      redactor,
      shadows: config.shadowPolicyIds.map((id) => choosePolicy(policies, id, { catalog, cwd }).policy),
      briefTokens: BRIEF_TOKENS,
      wait: options.wait ?? pause,
    },
    openTools: (workspace, { signal, approveServer }) =>
      openToolRegistry({
        workspace,
        env,
        signal,
        defaults: config.tools.defaults ?? 'always',
        commands: [...defaultCommandRules, ...parseCommandRules(config.tools.allowCommands.map(toRule))],
        risks: config.tools.risks,
        now: clock,
        ...(store.toolJournal === undefined ? {} : { journal: store.toolJournal }),
        // A list that the user chose has been approved by choosing it.
        ...(config.tools.mcpFile === undefined ? { approveServer } : { configFile: config.tools.mcpFile }),
        ...(config.tools.callTimeoutMs === undefined ? {} : { limits: { callTimeoutMs: config.tools.callTimeoutMs } }),
      }),
    openCheckpoints: store.openCheckpoints,
    storeDir: store.dir,
    policies: [...policies.values()].map((loaded) => loaded.policy),
    defaultPolicyId: config.policyId,
    choosePolicy: (idOrFile) => choosePolicy(policies, idOrFile, { catalog, cwd }).policy,
    withDial,
    defaults: { dial: config.dial, budgetUsd: config.budgetUsd },
    whyNotReady: (model) => whyNotReady(config, model, providers),
    agentsDir: AGENTS_DIR,
    newId: (prefix) => newId(prefix, clock()),
    scripted: options.scripted ?? false,
    onClose: store.close,
  });
}

/** What the predict room's parts need from outside. */
export interface PredictOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onWarning: ((error: PointsmanError) => void) | undefined;
}

/**
 * The trained predictor: the user's own where `POINTSMAN_PREDICTOR` names its file, otherwise the shipped one. The sentence
 * encoder is loaded when a step's kind is first in doubt; without it hashed features stand in, said once.
 * @throws PointsmanError `artifact-invalid`
 */
function openPredictor(options: PredictOptions): Predictor {
  const file = options.env['POINTSMAN_PREDICTOR'];
  return createLearnedPredictor(file === undefined ? shippedArtifact() : loadArtifact(file), {
    openEmbedder: async () => (await import('./predict/onnx/open-encoder.ts')).openEncoder(options.env),
    onEncoderMissing: (cause) => options.onWarning?.(toPointsmanError(cause, 'artifact-invalid')),
  });
}

/** The sentence encoder, or `undefined` when it cannot be had and `onWarning` was told why. */
export async function openEmbedder(options: PredictOptions): Promise<Embedder | undefined> {
  try {
    return await (await import('./predict/onnx/open-encoder.ts')).openEncoder(options.env);
  } catch (thrown) {
    options.onWarning?.(toPointsmanError(thrown, 'artifact-invalid'));
    return undefined;
  }
}

async function pause(pauseMs: Ms, signal: AbortSignal): Promise<void> {
  await setTimeout(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
}

/** A command of the config as the command runner wants it. */
function toRule({ scriptArguments, ...rule }: AllowedCommand): object {
  return { ...rule, ...(scriptArguments === true ? { scriptArguments: 'after-name' } : {}) };
}

/** Sorts by time: eight characters of it in base 36, then chance. */
function newId(prefix: string, at: At): string {
  return `${prefix}-${at.toString(36).padStart(8, '0')}${randomBytes(4).toString('hex')}`;
}

function poolOf(config: Config, catalog: Catalog, providers: ReadonlyMap<EndpointId, ModelProvider>): readonly Model[] {
  const named = config.pool === undefined ? undefined : new Set<string>(config.pool);
  return catalog.models.filter(
    (model) => (named === undefined || named.has(model.id)) && whyNotReady(config, model, providers) === undefined,
  );
}

function whyNotReady(
  config: Config,
  model: Model,
  providers: ReadonlyMap<EndpointId, ModelProvider>,
): { readonly why: string; readonly mend: string } | undefined {
  const endpoint = config.endpoints.get(model.endpoint);
  if (!providers.has(model.endpoint)) {
    return {
      why: `Model "${model.id}" is at endpoint "${model.endpoint}", which is not configured.`,
      mend: `Name the endpoint "${model.endpoint}" in pointsman.config.yaml.`,
    };
  }
  if (endpoint === undefined || isReady(endpoint)) return undefined;
  return { why: `Model "${model.id}" needs a key that is not set.`, mend: `Set ${endpoint.apiKeyName}.` };
}

async function openProviders(config: Config, clock: () => At): Promise<ReadonlyMap<EndpointId, ModelProvider>> {
  const [{ anthropicCall }, { openaiChatCall, openaiResponsesCall }] = await Promise.all([
    import('./providers/anthropic/anthropic-provider.ts'),
    import('./providers/openai/openai-provider.ts'),
  ]);
  const endpoints = [...config.endpoints.values()].map((endpoint): EndpointConfig => ({
    id: endpoint.id,
    wires: endpoint.wires,
    baseUrl: endpoint.baseUrl,
    apiKeyName: endpoint.apiKeyName,
    keyless: endpoint.keyless,
    headers: Object.fromEntries(Object.entries(endpoint.headers).map(([name, secret]) => [name, secret.reveal()])),
    ...(endpoint.apiKey === undefined ? {} : { apiKey: endpoint.apiKey.reveal() }),
    ...(endpoint.timeoutMs === undefined ? {} : { timeoutMs: endpoint.timeoutMs }),
    ...(endpoint.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: endpoint.idleTimeoutMs }),
  }));
  return createProviders(endpoints, {
    adapters: {
      'anthropic-messages': anthropicCall,
      'openai-chat': openaiChatCall,
      'openai-responses': openaiResponsesCall,
    },
    clock,
  });
}

/** Everything that outlives a job. */
interface Store {
  readonly dir: string | undefined;
  readonly journal: JobJournal;
  readonly recorder: Recorder;
  readonly toolJournal: ToolJournal | undefined;
  readonly openCheckpoints: () => Promise<BaseCheckpointSaver>;
  readonly close: () => Promise<void>;
}

async function openStore(
  options: PointsmanOptions,
  parts: { readonly config: Config; readonly redactor: Redactor },
): Promise<Store> {
  const { config, redactor } = parts;
  if (options.store === 'memory') return openMemoryStore(options, redactor);
  if (options.store === undefined && config.store.kind === 'postgres') {
    throw new PointsmanError('config-invalid', 'Jobs cannot be kept in Postgres by this version.', {
      mend: 'Name a folder as the store, with POINTSMAN_STORE or in the config.',
    });
  }
  const dir = options.store?.dir ?? (config.store.kind === 'sqlite' ? config.store.dir : '');
  return openFolderStore(path.resolve(dir), options, redactor);
}

async function openMemoryStore(options: PointsmanOptions, redactor: Redactor): Promise<Store> {
  const { MemorySaver } = await import('@langchain/langgraph-checkpoint');
  const saver = new MemorySaver();
  return {
    dir: undefined,
    journal: createMemoryJournal(),
    recorder: createMemoryRecorder({ redactor, onWriteError: warner(options) }),
    toolJournal: undefined,
    openCheckpoints: () => Promise.resolve(saver),
    close: () => Promise.resolve(),
  };
}

async function openFolderStore(dir: string, options: PointsmanOptions, redactor: Redactor): Promise<Store> {
  const [{ openSqliteJournal }, { openSqliteToolJournal }, { openSqliteRecorder }] = await Promise.all([
    import('./orchestrator/sqlite/sqlite-journal.ts'),
    import('./tools/sqlite/sqlite-tool-journal.ts'),
    import('./recorder/sqlite/sqlite-recorder.ts'),
  ]);
  makeFolder(dir);
  for (const name of ['jobs.db', 'checkpoints.db']) keepToOwner(path.join(dir, name));
  const journal = openSqliteJournal(path.join(dir, 'jobs.db'));
  const toolJournal = openSqliteToolJournal({
    file: path.join(dir, 'tools.db'),
    redact: (result) => redactor.value(result),
  });
  const onWriteError = warner(options);
  const recorder = openRecorder(onWriteError, redactor, () =>
    openSqliteRecorder({ file: path.join(dir, 'records.db'), redactor, onWriteError }),
  );
  let checkpoints: Promise<Checkpoints> | undefined;
  return {
    dir,
    journal,
    recorder,
    toolJournal,
    openCheckpoints: async () => {
      // better-sqlite3 is native code: loaded when the first job runs.
      checkpoints ??= import('./orchestrator/sqlite/sqlite-checkpoints.ts').then(({ openSqliteCheckpoints }) =>
        openSqliteCheckpoints(path.join(dir, 'checkpoints.db')),
      );
      return (await checkpoints).saver;
    },
    close: async () => {
      await toolJournal.close();
      // One that could not be opened was told of by its job.
      (await checkpoints?.catch(() => undefined))?.close();
    },
  };
}

/** The flight recorder never stands in the way: one that cannot be opened is told of and replaced. */
function openRecorder(
  onWriteError: (error: PointsmanError) => void,
  redactor: Redactor,
  open: () => Recorder,
): Recorder {
  try {
    return open();
  } catch (thrown) {
    onWriteError(toPointsmanError(thrown, 'record-unwritable'));
    return createMemoryRecorder({ redactor, onWriteError });
  }
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw unwritable(dir, thrown);
  }
}

/** Transcripts stand in it: nobody else may read it, in whichever folder it lies. */
function keepToOwner(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  } catch (thrown) {
    throw unwritable(file, thrown);
  }
}

function unwritable(place: string, thrown: unknown): PointsmanError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new PointsmanError('record-unwritable', `The store ${place} cannot be written: ${why}.`, {
    cause: thrown,
    mend: 'Free space, or name another folder with POINTSMAN_STORE.',
  });
}

function warner(options: PointsmanOptions): (error: PointsmanError) => void {
  return options.onWarning ?? (() => undefined);
}

/** How to build a gateway; what is left out is as in `PointsmanOptions`. */
export interface GatewayOptions extends Pick<
  PointsmanOptions,
  'config' | 'configFile' | 'cwd' | 'env' | 'store' | 'predictor' | 'clock' | 'onWarning'
> {
  readonly settings?: Partial<GatewaySettings>;
  readonly accessKeys?: readonly AccessKey[];
  readonly spentByKey?: GatewayDeps['spentByKey'];
  readonly onSpent?: GatewayDeps['onSpent'];
  /** Id or file. Absent: the configuration's. */
  readonly policy?: string;
  readonly dial?: number;
  /** The models that virtual names are routed over. Absent: the configuration's pool, or every model that can be called. */
  readonly pool?: readonly Model[];
  readonly log?: GatewayDeps['log'];
}

/**
 * Builds a gateway over the same configuration, catalogue, policies and records. Its predictor reads hashed features only:
 * the sentence encoder would cost more per step than the gateway itself.
 * @throws PointsmanError `config-invalid`, `catalog-invalid`, `policy-invalid`, `not-found`
 */
export async function openGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const cwd = options.cwd ?? process.cwd();
  const env = options.env ?? process.env;
  const config = options.config ?? loadConfig({ cwd, env, file: options.configFile });
  const catalog = loadCatalog(config.models);
  const policies = loadPolicies(catalog, config.policyDirs);
  const redactor = createRedactor({ secrets: secretsOf(config) });
  const recorder = await openGatewayRecorder(options, config, redactor);
  const chosen = choosePolicy(policies, options.policy ?? config.policyId, { catalog, cwd }).policy;
  const dial = options.dial ?? config.dial;
  const file = env['POINTSMAN_PREDICTOR'];
  const artifact = file === undefined ? shippedArtifact() : loadArtifact(file);
  const named = config.pool === undefined ? undefined : new Set<string>(config.pool);
  const { createGateway, GATEWAY_DEFAULTS } = await import('./gateway/index.ts');
  const warn = (message: string): void => options.onWarning?.(new PointsmanError('internal', message));
  const gateway = createGateway({
    settings: { ...GATEWAY_DEFAULTS, ...options.settings },
    catalog,
    models: options.pool ?? catalog.models.filter((model) => named === undefined || named.has(model.id)),
    endpoints: config.endpoints,
    policy: dial === undefined ? chosen : withDial(chosen, dial),
    policies: new Map([...policies].map(([id, loaded]) => [id, loaded.policy])),
    shadows: config.shadowPolicyIds.map((id) => choosePolicy(policies, id, { catalog, cwd }).policy),
    drift: [],
    predictor: options.predictor ?? createLearnedPredictor(artifact),
    forecaster: artifact.forecast === undefined ? createRuleForecaster() : createLearnedForecaster(artifact.forecast),
    recorder,
    accessKeys: options.accessKeys ?? [],
    ...(options.spentByKey === undefined ? {} : { spentByKey: options.spentByKey }),
    ...(options.onSpent === undefined ? {} : { onSpent: options.onSpent }),
    log: options.log ?? { warn, error: warn },
    clock: { now: options.clock ?? Date.now },
  });
  return {
    listen: () => gateway.listen(),
    close: async () => {
      await gateway.close();
      await recorder.close();
    },
  };
}

async function openGatewayRecorder(options: GatewayOptions, config: Config, redactor: Redactor): Promise<Recorder> {
  const onWriteError = warner(options);
  if (options.store === 'memory' || (options.store === undefined && config.store.kind === 'postgres')) {
    return createMemoryRecorder({ redactor, onWriteError });
  }
  const dir = path.resolve(options.store?.dir ?? (config.store.kind === 'sqlite' ? config.store.dir : ''));
  const { openSqliteRecorder } = await import('./recorder/sqlite/sqlite-recorder.ts');
  makeFolder(dir);
  return openRecorder(onWriteError, redactor, () =>
    openSqliteRecorder({ file: path.join(dir, 'records.db'), redactor, onWriteError }),
  );
}
