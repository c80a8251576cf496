import type { AuditTrail } from '../audit/audit-trail.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { isInPool, secretsOf, type Config } from '../config/config.ts';
import { logLevelOf, variableOf } from '../config/environment.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Environment } from '../domain/environment.ts';
import { toPointsmanError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import type { Model } from '../domain/model.ts';
import { withPings, type RouterPolicy } from '../domain/router-policy.ts';
import type { Ms, Ratio } from '../domain/time.ts';
import type { GatewayPage } from '../gateway/gateway.ts';
import type { AccessKey, Gateway, GatewayDeps, GatewaySettings, Reloadable } from '../gateway/index.ts';
import type { Siblings } from '../gateway/workers/siblings.ts';
import { standingCertificates, type CertificateStore } from '../learn/certificate/certificate-file.ts';
import type { MoneyLedger } from '../money/ledger.ts';
import { choosePolicy, loadPolicies } from '../policy/load-policies.ts';
import { NO_LOCK, type PolicyLock } from '../policy/policy-lock.ts';
import { admittedBy } from '../policy/policy-warnings.ts';
import { withDial } from '../policy/with-dial.ts';
import { artifactVersion, type PredictorArtifact } from '../predict/artifact.ts';
import { createLearnedForecaster } from '../predict/forecast/learned-forecaster.ts';
import { createRuleForecaster } from '../predict/forecast/rule-forecaster.ts';
import { createLearnedPredictor } from '../predict/learned-predictor.ts';
import { readRisk } from '../predict/risk-reader.ts';
import { proxyIn } from '../providers/proxy-settings.ts';
import type { CallRecord } from '../recorder/record.ts';
import type { Recorder } from '../recorder/recorder.ts';
import { createRedactor, type Redactor } from '../recorder/redact.ts';
import { decide } from '../router/decide.ts';
import { PING_OVERHEAD_RATIO } from '../warmth/pause-plan.ts';
import { openAlarms } from './alarms/watch-alarms.ts';
import { gateOf } from './folder-gate.ts';
import { openStores } from './gateway-stores.ts';
import { learnedRows } from './learning/learned-rows.ts';
import { openTrials } from './learning/watch-trials.ts';
import { openBeliefs } from './open-beliefs.ts';
import { openCaller } from './open-caller.ts';
import { HOSTS } from './open-hosts.ts';
import { openLog } from './open-log.ts';
import { openArtifact, openEmbedder, openNeedReader } from './open-predictor.ts';
import { openObserved } from './open-telemetry.ts';
import type { PointsmanOptions } from './pointsman-options.ts';
import { learnedPolicy, lockOrWarn } from './stores/open-lock.ts';

/** How to build a gateway; what is left out is as in `PointsmanOptions`. */
export interface GatewayOptions extends Pick<
  PointsmanOptions,
  'config' | 'configFile' | 'cwd' | 'env' | 'gate' | 'store' | 'predictor' | 'clock' | 'pings' | 'onWarning'
> {
  readonly settings?: Partial<GatewaySettings>;
  readonly accessKeys?: readonly AccessKey[];
  readonly onRehashed?: GatewayDeps['onRehashed'];
  /** Whose budgets are held, in place of a ledger of its own; closed with it. */
  readonly ledger?: MoneyLedger;
  /** Where `money.db` lies. Absent: in the store's folder. */
  readonly moneyDir?: string;
  /** The other processes of the same gateway, one of which alone looks after the records' file. Absent: there is none. */
  readonly siblings?: { readonly of: Siblings; readonly keepsRecords: boolean } | undefined;
  /** Id or file. Absent: the configuration's. */
  readonly policy?: string;
  readonly dial?: number;
  /** The models that virtual names are routed over. Absent: the configuration's pool, or every model that can be called. */
  readonly pool?: readonly Model[];
  /** Absent: standard error, at the level of `POINTSMAN_LOG`. */
  readonly log?: Log;
  /** Whoever shows it at the page sees everything. Absent: where access keys are demanded, nobody does. */
  readonly operatorToken?: string;
  /** How often what was learned is looked at. Absent: every minute. */
  readonly lockEveryMs?: Ms;
  /** Called for each call when its record is written. */
  readonly onCall?: (call: CallRecord) => void;
}

/** A gateway that can take its configuration, policies or access keys anew. */
export interface OpenedGateway extends Omit<Gateway, 'reload'> {
  /** Whose leave pings have, and what they may add to a session's bill. `undefined`: none are sent. */
  readonly keepAlive: { readonly policyId: string; readonly overheadRatio: Ratio } | undefined;
  /**
   * Goes on with what is given: all or nothing. Where it listens and its store stay.
   * @throws PointsmanError `config-invalid`, `catalog-invalid`, `policy-invalid`, `not-found`; then nothing has changed
   */
  reload(next: Pick<GatewayOptions, 'config' | 'pool' | 'accessKeys'>): void;
}

/**
 * Builds a gateway over the same configuration, catalogue, policies and records. Its predictor reads hashed features only:
 * the sentence encoder would cost more per step than the gateway itself.
 * @throws PointsmanError `config-invalid`, `catalog-invalid`, `policy-invalid`, `not-found`
 */
export async function openGateway(options: GatewayOptions = {}): Promise<OpenedGateway> {
  const cwd = options.cwd ?? process.cwd();
  const env = options.env ?? process.env;
  const clock = options.clock ?? Date.now;
  const gate = gateOf(options, env);
  const config = options.config ?? loadConfig({ cwd, env, file: options.configFile, gate });
  const proxy = proxyIn(env);
  const asFiled = loadRouting({ config, options, lock: NO_LOCK });
  const secrets = new Set(secretsOf(config));
  let redacting = createRedactor({ secrets: [...secrets] });
  const redactor: Redactor = {
    text: (text) => redacting.text(text),
    value: (value) => redacting.value(value),
    record: (value, foreign) => redacting.record(value, foreign),
  };
  const log = options.log ?? ownLog(config, env);
  const stores = await openStores({ ...options, gate }, config, { redactor, log });
  const { recorder, ledger, issuedIds, views } = stores;
  let live = {
    config,
    options,
    lock: await lockOrWarn(stores.lock, options.onWarning),
  };
  const routed = live.lock === NO_LOCK ? asFiled : loadRouting(live);
  const observed = await openObserved(recorder, {
    env,
    complain: (text) => log.warn(text),
    clock,
    redactor,
    places: { catalog: routed.catalog, endpoints: routed.endpoints },
  });
  const artifact = openArtifact({ env });
  const { createGateway, GATEWAY_DEFAULTS } = await import('../gateway/index.ts');
  const needs = openNeedReader(
    { env, onWarning: options.onWarning },
    options.predictor === undefined ? 'when-open' : 'none',
  );
  const alarms = openAlarms({ ...options, views, config, log, clock });
  const caller = openCaller(config, { clock: clock, env });
  const closeStores = async (): Promise<void> => {
    alarms.close();
    trials.close();
    await needs.close();
    await stores.close();
    await observed.close();
  };
  let closed: Promise<void> | undefined;
  const gateway = createGateway({
    ...(views === undefined
      ? {}
      : {
          page: {
            views,
            operatorToken: options.operatorToken,
            ...(stores.certificates === undefined ? {} : { proved: provedIn(stores.certificates, artifact) }),
            ...(stores.lock === undefined ? {} : { learned: learnedRows(stores.lock, () => live.config) }),
          },
        }),
    settings: { ...GATEWAY_DEFAULTS, ...options.settings },
    ...(proxy === undefined ? {} : { proxy }),
    hosts: HOSTS,
    ...routed,
    decide,
    beliefs: openBeliefs({
      recorder,
      clock: clock,
      scripted: false,
      rewardScale: config.reward,
      onWarning: options.onWarning,
    }),
    keepWords: config.keepWords,
    alarms: alarms.latest,
    readRisk,
    needs,
    callModel: (model, request, of) => caller.call(model, request, of),
    predictor: options.predictor ?? createLearnedPredictor(artifact),
    forecaster: artifact.forecast === undefined ? createRuleForecaster() : createLearnedForecaster(artifact.forecast),
    recorder: options.onCall === undefined ? observed.recorder : notifying(observed.recorder, options.onCall),
    telemetry: observed.telemetry,
    metricsToken: variableOf(env, 'POINTSMAN_METRICS_TOKEN'),
    openEmbedder: async () => openEmbedder({ env, onWarning: options.onWarning }),
    issuedIds,
    sharedSessions: stores.sharedSessions,
    accessKeys: options.accessKeys ?? [],
    ...(options.onRehashed === undefined ? {} : { onRehashed: options.onRehashed }),
    ledger,
    siblings: options.siblings?.of,
    onSwitched: (isOn, by) => noteSwitch(stores.audit, { isOn, by, onWarning: options.onWarning }),
    log,
    clock: { now: clock },
  });
  const trials = openTrials(stores, {
    siblings: options.siblings,
    promote: () => live.config.learn?.promote ?? 'by-hand',
    known: live.lock,
    onChange: (lock) => {
      const next = { ...live, lock };
      gateway.reload(loadRouting(next));
      live = next;
    },
    log,
    clock,
    everyMs: options.lockEveryMs,
  });
  return {
    passThrough: gateway.passThrough,
    keepAlive: pingsOf(routed.policy),
    listen: () => gateway.listen(),
    adopt: (socket, head) => gateway.adopt(socket, head),
    reload: ({ accessKeys, ...next }) => {
      const then = { ...live, config: next.config ?? live.config, options: { ...live.options, ...next } };
      const routing = next.config === undefined ? {} : loadRouting(then);
      if (next.config !== undefined) {
        for (const secret of secretsOf(next.config)) secrets.add(secret);
        redacting = createRedactor({ secrets: [...secrets] });
        caller.use(next.config);
        observed.use(routing);
      }
      live = then;
      gateway.reload({ ...routing, ...(accessKeys === undefined ? {} : { accessKeys }) });
    },
    close: async () => {
      // Asked again it hurries; what it stood on is closed once.
      const stopped = gateway.close();
      closed ??= stopped.then(closeStores);
      await closed;
    },
  };
}

function pingsOf({ id, keepAlive, pingOverheadRatio }: RouterPolicy): OpenedGateway['keepAlive'] {
  return keepAlive ? { policyId: id, overheadRatio: pingOverheadRatio ?? PING_OVERHEAD_RATIO } : undefined;
}

function notifying(recorder: Recorder, onCall: (call: CallRecord) => void): Recorder {
  return {
    ...recorder,
    writeCall: (call) => {
      onCall(call);
      recorder.writeCall(call);
    },
  };
}

/** What routing goes by. */
interface RoutedBy {
  readonly config: Config;
  readonly options: GatewayOptions;
  /** What was learned of policies. */
  readonly lock: PolicyLock;
}

/** What decides where calls go, as the configuration and its policies are now. */
function loadRouting({ config, options, lock }: RoutedBy): Omit<Reloadable, 'accessKeys'> {
  const cwd = options.cwd ?? process.cwd();
  const catalog = loadCatalog(config.models);
  const policies = loadPolicies(catalog, config.policyDirs, config.seenFiles);
  const named = choosePolicy(policies, options.policy ?? config.policyId, {
    catalog,
    cwd,
    seen: config.seenFiles,
  }).policy;
  const dial = options.dial ?? config.dial;
  const { learn } = config;
  const learned = (policy: RouterPolicy): RouterPolicy => learnedPolicy(policy, { lock, learn });
  const allowed = (policy: RouterPolicy): RouterPolicy => withPings(policy, options.pings);
  return {
    catalog,
    refreshed: config.refreshed,
    teams: config.teams,
    models: options.pool ?? catalog.models.filter((model) => isInPool(config, model)),
    endpoints: config.endpoints,
    policy: allowed(dial === undefined ? learned(named) : withDial(learned(named), dial)),
    policies: new Map([...policies].map(([id, loaded]) => [id, allowed(learned(loaded.policy))])),
    shadows: config.shadowPolicyIds.map(
      (id) => choosePolicy(policies, id, { catalog, cwd, seen: config.seenFiles }).policy,
    ),
  };
}

function ownLog(config: Config, env: Environment): Log {
  const level = logLevelOf(env) ?? 'info';
  const write = (line: string): void => void process.stderr.write(line);
  return openLog({ level, env, secrets: secretsOf(config), write, isTerminal: process.stderr.isTTY });
}

/** What was proved of policies, as the store has it when somebody looks. */
function provedIn(certificates: CertificateStore, artifact: PredictorArtifact): NonNullable<GatewayPage['proved']> {
  return async (policies, models) =>
    standingCertificates(await certificates.read(), policies, {
      poolOf: (policy) => admittedBy(policy, models),
      predictorVersion: () => artifactVersion(artifact),
    });
}

/** The switch waits for no disk. */
function noteSwitch(
  audit: AuditTrail | undefined,
  {
    isOn,
    by,
    onWarning,
  }: { readonly isOn: boolean; readonly by: string; readonly onWarning: GatewayOptions['onWarning'] },
): void {
  const act = isOn ? 'bypass-on' : 'bypass-off';
  void audit
    ?.append([{ act, actor: `operator, by ${by}`, subject: 'gateway' }])
    .catch((thrown: unknown) => onWarning?.(toPointsmanError(thrown, 'record-unwritable')));
}
