import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { secretsOf, type Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { boundedForStrangers } from '../decisions/word-bound.ts';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { At, Ms } from '../domain/time.ts';
import type { JobServices } from '../orchestrator/model/job-run.ts';
import type { Pointsman } from '../orchestrator/model/pointsman.ts';
import { createJobService } from '../orchestrator/service/create-job-service.ts';
import { choosePolicy, loadPolicies } from '../policy/load-policies.ts';
import { withDial } from '../policy/with-dial.ts';
import { readRisk } from '../predict/risk-reader.ts';
import { createHostWatch, hostFacts, type HostWatch } from '../providers/hosts/host-watch.ts';
import { createModelCaller } from '../providers/model-caller.ts';
import type { ModelProvider } from '../providers/provider.ts';
import { watchedProvider } from '../providers/watched-provider.ts';
import { createRedactor } from '../recorder/redact.ts';
import { decide } from '../router/decide.ts';
import { parseCommandRules } from '../tools/command-runner/command-rule.ts';
import { defaultCommandRules } from '../tools/command-runner/default-rules.ts';
import { MAX_COMMAND_MS } from '../tools/default-servers.ts';
import { openToolRegistry, type OpenToolRegistryOptions } from '../tools/open-tool-registry.ts';
import { openKeptRepositories } from '../tools/repositories/kept-repositories.ts';
import { repositoryPlaces } from '../tools/repositories/repository-places.ts';
import { openTokenStore } from '../tools/sign-in/token-store.ts';
import { jobTreesFor } from '../tools/work-tree/cached-trees.ts';
import { openWorkTree } from '../tools/work-tree/work-tree.ts';
import type { FileText } from '../trust/file-text.ts';
import { admitted } from '../trust/folder-gate.ts';
import { realPath } from '../trust/real-path.ts';
import { openStandingPermissions } from '../trust/standing-permissions.ts';
import { userConfigDir, userDataDir } from '../trust/user-folders.ts';
import { alarmsOf } from './alarms/alarms-of.ts';
import { postingAlarms } from './alarms/watch-jobs.ts';
import { checkBroughtPolicy, gateOf } from './folder-gate.ts';
import { judgeBeforeJobs, judgingFirst } from './learning/judge-before-jobs.ts';
import { configuredPool, watchedModels, whyNotReady } from './model-readiness.ts';
import { openBeliefs } from './open-beliefs.ts';
import { openHands } from './open-hands.ts';
import { openLedgerLater } from './open-ledger.ts';
import { openNeedReader, openPredictor } from './open-predictor.ts';
import { openProviders } from './open-providers.ts';
import { openStore } from './open-store.ts';
import { openObserved } from './open-telemetry.ts';
import type { PointsmanOptions } from './pointsman-options.ts';
import { serverListFor } from './server-list.ts';
import { learnedPolicy, lockFor } from './stores/open-lock.ts';
import { openMemories } from './stores/open-memories.ts';
import { sessionRecordsOf } from './stores/session-records.ts';

/** Agents come beside `src` and beside `dist`. */
const AGENTS_DIR = path.resolve(import.meta.dirname, '../../agents');
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
  const gate = gateOf(options, env);
  const config = options.config ?? loadConfig({ cwd, env, file: options.configFile, gate });
  const catalog = loadCatalog(config.models);
  const policies = loadPolicies(catalog, config.policyDirs, config.seenFiles);
  const redactor = createRedactor({ secrets: secretsOf(config) });
  const store = await openStore(options, { config, redactor, gate });
  let by = { lock: await lockFor(options, config), learn: config.learn };
  const observed = await openObserved(store.recorder, {
    env,
    complain: (text) => options.onWarning?.(new PointsmanError('record-unwritable', text)),
    clock,
    redactor,
    places: { catalog, endpoints: config.endpoints },
  });
  const ledger = openLedgerLater(() => store.openLedger({ onFault: (error) => options.onWarning?.(error) }));
  const watch = createHostWatch();
  const opened = options.providers ?? openProviders(config, { clock, env, watch });
  const providers = watchedProviders(opened, watch);
  const callModel = createModelCaller({
    providers,
    random: options.random ?? Math.random,
    ...(options.retryRules === undefined ? {} : { rules: options.retryRules }),
  });
  const serverListOf = (workspace: string): FileText | undefined => serverListFor(workspace, config, gate);
  const isPlain = options.scripted !== true && options.predictor === undefined;
  const needs = openNeedReader({ env, onWarning: options.onWarning }, isPlain ? 'when-open' : 'none');
  const memories = openMemories({ env, redactor, onWarning: options.onWarning, now: clock });
  const routedBy = (policy: RouterPolicy): RouterPolicy => {
    const learned = learnedPolicy(policy, by);
    return options.strangers === true ? boundedForStrangers(learned) : learned;
  };
  const service = createJobService({
    services: {
      clock,
      memoryOf: memories.of,
      catalog,
      pool: configuredPool(config, catalog, providers),
      watched: watchedModels(config, catalog),
      callModel,
      hands: openHands({ config, env, gate, cwd, clock }),
      hosts: hostFacts(watch, {
        endpointOf: (model) => config.endpoints.get(model.endpoint),
        monotonicMs: () => performance.now(),
      }),
      decide,
      needs,
      predictor: options.predictor ?? openPredictor({ env, onWarning: options.onWarning }),
      readRisk,
      words: { upgrades: new Map(), principal: 'user' },
      beliefs: openBeliefs({
        recorder: store.recorder,
        clock,
        scripted: options.scripted ?? false,
        rewardScale: config.reward,
        onWarning: options.onWarning,
      }),
      alarms: alarmsOf(options, config),
      sessionRecords: sessionRecordsOf(options, config),
      journal: store.journal,
      recorder: observed.recorder,
      jobCalledFrom: observed.jobCalledFrom,
      ledger,
      redactor,
      permissions: openStandingPermissions(env),
      shadows: config.shadowPolicyIds.map(
        (id) => choosePolicy(policies, id, { catalog, cwd, seen: config.seenFiles }).policy,
      ),
      briefTokens: BRIEF_TOKENS,
      defaultHands: config.hands,
      stepLimits: config.steps,
      checks: {
        said: config.tools.check,
        timeoutMs: config.tools.testTimeoutMs,
        home: env['HOME'],
        reproduction: config.tools.reproduction,
        byPerson: new Set(config.tools.person),
      },
      ...filesOfJobs(store, env, serverListOf),
      wait: options.wait ?? pause,
    },
    openTools: async (workspace, { signal, tree }) =>
      openToolRegistry({
        workspace: tree?.folder ?? workspace,
        readable: tree?.readable,
        // A copy has none of its own, and that of its user's folder lies outside of it.
        kept: tree === undefined ? await repositoryPlaces(realPath(workspace), env) : undefined,
        env,
        signal,
        defaults: config.tools.defaults ?? 'always',
        commands: [...defaultCommandRules, ...parseCommandRules(config.tools.allowCommands)],
        risks: config.tools.risks,
        sandbox: config.tools.sandbox,
        network: config.tools.network,
        closed: ownFolders(store.dir, env),
        now: clock,
        ...(store.toolJournal === undefined ? {} : { journal: store.toolJournal }),
        serverList: serverListOf(workspace),
        limits: toolLimits(config.tools),
        tokens: openTokenStore(env),
      }),
    openCheckpoints: store.openCheckpoints,
    storeDir: store.dir,
    policies: [...policies.values()].map((loaded) => routedBy(loaded.policy)),
    defaultPolicyId: config.policyId,
    choosePolicy: (idOrFile) => {
      checkBroughtPolicy(gate, config, path.resolve(cwd, idOrFile));
      return routedBy(choosePolicy(policies, idOrFile, { catalog, cwd, seen: config.seenFiles }).policy);
    },
    withDial,
    defaults: {
      dial: config.dial,
      budgetUsd: config.budgetUsd,
      approve: config.tools.approve,
      inPlace: config.tools.inPlace,
    },
    whyNotReady: (model) => whyNotReady(config, model, providers),
    agentsDir: AGENTS_DIR,
    agentsOf: (workspace) => admitted(gate.admit(workspace), 'agent'),
    newId: (prefix) => newId(prefix, clock()),
    scripted: options.scripted ?? false,
    pings: options.pings,
    onClose: async () => {
      await memories.close();
      await observed.close();
      await ledger.close();
      await store.close();
    },
  });
  // Others change it while this process runs.
  const reread = async (): Promise<void> => {
    by = { ...by, lock: await lockFor(options, config) };
  };
  return judgingFirst(postingAlarms(service, options, { config, clock }), clock, {
    reread,
    judge: async () => {
      await reread();
      const judged = { options, config, gate, recorder: store.recorder, clock };
      by = { ...by, lock: await judgeBeforeJobs(by.lock, judged) };
    },
  });
}

/** The same providers; what each call meets is seen by whoever decides next. */
function watchedProviders(
  providers: ReadonlyMap<EndpointId, ModelProvider>,
  watch: HostWatch,
): ReadonlyMap<EndpointId, ModelProvider> {
  const monotonicMs = (): Ms => performance.now();
  return new Map([...providers].map(([id, provider]) => [id, watchedProvider(provider, watch, monotonicMs)]));
}

/** The files that jobs work on: those of a workspace, its repositories, and copies of it. */
function filesOfJobs(
  { dir, treesDir }: Awaited<ReturnType<typeof openStore>>,
  env: Environment,
  serverListOf: (workspace: string) => FileText | undefined,
): Pick<JobServices, 'workTreeOf' | 'repositoriesOf' | 'jobTrees'> {
  const closed = ownFolders(dir, env);
  return {
    workTreeOf: (workspace, copy) => openWorkTree(workspace, { dir: treesDir, env, closed, copy }),
    repositoriesOf: (workspace) => openKeptRepositories(realPath(workspace), { dir: treesDir, env }),
    jobTrees: jobTreesFor({ env, closed, serverListOf }),
  };
}

/** What is ours and no tool's: the store, and what the user keeps for pointsman. */
function ownFolders(store: string | undefined, env: Environment): readonly string[] {
  return [store, userDataDir(env), userConfigDir(env)].filter((folder) => folder !== undefined);
}

async function pause(pauseMs: Ms, signal: AbortSignal): Promise<void> {
  await setTimeout(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
}

function toolLimits({ callTimeoutMs, testTimeoutMs }: Config['tools']): NonNullable<OpenToolRegistryOptions['limits']> {
  return {
    maxCommandMs: Math.max(MAX_COMMAND_MS, testTimeoutMs),
    ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
  };
}

/** Sorts by time: eight characters of it in base 36, then chance. */
function newId(prefix: string, at: At): string {
  return `${prefix}-${at.toString(36).padStart(8, '0')}${randomBytes(4).toString('hex')}`;
}
