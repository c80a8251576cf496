import type { RefreshedPrices } from '../catalog/listed-prices.ts';
import type { EndpointId, ModelId } from '../domain/ids.ts';
import { isNamedIn, type Compliance, type Model, type Wire } from '../domain/model.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { RewardCaps, RewardScale } from '../domain/quality.ts';
import type { ExploreRule } from '../domain/router-policy.ts';
import type { HandsChoice, StepKind } from '../domain/step.ts';
import type { Ms, Ratio, Tokens } from '../domain/time.ts';
import type { TeamLimits } from '../money/team.ts';
import { secretForms } from '../trust/scrub.ts';
import type { Dialect, HostSettings } from '../wires/shared/endpoint-config.ts';
import type { Secret } from './secret.ts';
import type { ServedKind } from './served-kinds.ts';
import { passwordsIn } from './store-passwords.ts';

/** Everything that the user decides, from flags, environment and file, checked. What is not set is `undefined`. */
export interface Config {
  /** The file it was read from; `undefined`: none was found. */
  readonly file: string | undefined;
  /** `named` by the user, the working `folder`'s own (with the user's leave), or the `user`'s; `undefined`: there is none. */
  readonly fileOrigin: 'named' | 'folder' | 'user' | undefined;
  readonly endpoints: ReadonlyMap<EndpointId, ConfiguredEndpoint>;
  /** The user's own models, and shipped ones whose endpoint the user knows more about; for `loadCatalog(models)`. */
  readonly models: readonly Model[];
  /** Prices newer than those that this version comes with, where the user has fetched some. */
  readonly refreshed?: RefreshedPrices | undefined;
  readonly policyId: string;
  /** Folders with the user's own policies, absolute. */
  readonly policyDirs: readonly string[];
  /**
   * Of a folder's own configuration: the files that it brings and the user has said yes to, by absolute path, as they were then.
   * What it names in that folder is taken from here, whatever lies there now.
   */
  readonly seenFiles?: ReadonlyMap<string, string> | undefined;
  /** Ids of policies that are computed beside the one obeyed, and only recorded. */
  readonly shadowPolicyIds: readonly string[];
  readonly dial: number | undefined;
  readonly budgetUsd: number | undefined;
  /** Ids of the models that are chosen from, each at all of its hosts; `undefined`: every model with a ready endpoint. */
  readonly pool: readonly ModelId[] | undefined;
  /** Named lists of models, for `--pool NAME`. */
  readonly pools: ReadonlyMap<string, readonly ModelId[]>;
  readonly store: StoreConfig;
  /** Days after which a serving gateway removes records; `undefined`: they are kept for ever. */
  readonly keepRecordsDays: number | undefined;
  /** Whether the first words of foreign prompts may stand in records as titles. */
  readonly keepWords: boolean;
  /** What the records of a serving gateway may take on the disk; past it the oldest go first. */
  readonly maxRecordsBytes: number;
  readonly tools: ToolsConfig;
  /** Who carries out the steps of jobs, where neither they nor their policy say it; `undefined`: the own loop. */
  readonly hands: HandsChoice | undefined;
  readonly steps: StepsConfig;
  /** What the rewards of reported outcomes mean. `undefined`: nobody has said, and they teach nothing. */
  readonly reward: RewardScale | undefined;
  /** Where alarms are posted; `undefined`: nowhere. */
  readonly alarms?: AlarmsConfig | undefined;
  /** How policies are learned from own records; `undefined`: nobody has said anything of it. */
  readonly learn?: LearnConfig | undefined;
  /** What places of an organisation may spend. Absent: there are none with a budget. */
  readonly teams?: TeamLimits | undefined;
}

/** A place that serves models, with its key if there is one. */
export interface ConfiguredEndpoint {
  readonly id: EndpointId;
  readonly baseUrl: string;
  readonly wires: readonly Wire[];
  readonly apiKey: Secret | undefined;
  /** The variable to set when the key is missing. */
  readonly apiKeyName: string;
  readonly keyless: boolean;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly timeoutMs: Ms | undefined;
  readonly idleTimeoutMs: Ms | undefined;
  /** How long a stream may take to begin. Absent: as long as it may be silent, and less where another host could take the call. */
  readonly firstByteMs?: Ms;
  readonly compliance: Compliance;
  /** A cloud that serves the models. Absent: a server of its wire formats. */
  readonly host?: HostSettings | undefined;
  /** Absent: told from its address or id. */
  readonly dialect?: Dialect | undefined;
  /** Added to the query of every call. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Certificates, as PEM, that vouch for it beside those that Node.js trusts. */
  readonly ca?: string | undefined;
  /** What it serves beside model calls where neither a model nor an id says where to. Absent: nothing. */
  readonly serves?: readonly ServedKind[] | undefined;
  /** The user named it in the file or the environment, so its absence is worth a warning. */
  readonly wanted: boolean;
  /** The endpoint of the file that this is one of several keys of. Absent: this is the endpoint, with its first or only key. */
  readonly site?: EndpointId;
  /** Its share among hosts of one model that cost the same. Absent: 1. */
  readonly weight?: number;
  /** The share of sessions that go to it first; the others leave it alone. Absent: it is one host like any other. */
  readonly canaryRatio?: Ratio;
  /** It is never chosen, and what would have been chosen with it is recorded. Absent: it is chosen from. */
  readonly isWatched?: true;
  /** Where it computes, as its user calls it. Absent: not said. */
  readonly region?: string;
  /** Names of the access keys whose calls alone may use its key. Absent: everybody's. */
  readonly onlyFor?: readonly string[];
}

/** The endpoint of the file: several keys of one are one place, with one address and one dialect. */
export function siteOf({ id, site }: Pick<ConfiguredEndpoint, 'id' | 'site'>): EndpointId {
  return site ?? id;
}

export type StoreConfig =
  /** `isFound`: it lies in the folder of work, and nobody named it. */
  | { readonly kind: 'sqlite'; readonly dir: string; readonly isFound?: true }
  | { readonly kind: 'postgres'; readonly url: Secret };

/** Who is told of alarms, and what messages are signed with. */
export interface AlarmsConfig {
  readonly url: string;
  readonly secret: Secret;
}

/** How policies are learned from own records. */
export interface LearnConfig {
  /** What a good step is, in one line, as `parseReward` reads it. */
  readonly reward: string | undefined;
  /** What a step counts at most in it. Absent: as shipped. */
  readonly caps?: RewardCaps | undefined;
  /** `by-rule`: a candidate whose canary has won takes over by itself. */
  readonly promote: 'by-hand' | 'by-rule';
  /** Share of the sessions that a canary gets. */
  readonly canaryRatio: Ratio;
  /** `undefined`: nothing is tried. */
  readonly explore: ExploreRule | undefined;
}

/** What one try of a step may take; `undefined`: as much as it needs. */
export interface StepsConfig {
  readonly maxCalls: number;
  /** Prompts and answers of all its calls. */
  readonly maxTokens: Tokens | undefined;
  readonly maxNanoUsd: NanoUsd | undefined;
  /** At work. */
  readonly maxMs: Ms | undefined;
  /** What it may ask of models of other families; `undefined`: nothing. */
  readonly ask: { readonly maxQuestions: number; readonly maxTokens: Tokens; readonly maxNanoUsd: NanoUsd } | undefined;
}

/** What the tools room is opened with; what is `undefined` it decides itself. */
export interface ToolsConfig {
  /** Absolute path of a server list in the form of `.mcp.json`, in place of the workspace's own. */
  readonly mcpFile: string | undefined;
  readonly defaults: 'when-none' | 'always' | 'never' | undefined;
  /** Commands that may run beside those that always may. */
  readonly allowCommands: readonly AllowedCommand[];
  /** By the tool's name; wins over what its server says. */
  readonly risks: Readonly<Record<string, 'read-only' | 'write' | 'destructive'>>;
  readonly callTimeoutMs: Ms | undefined;
  /** Of jobs that do not say it themselves; `undefined`: `ask`. */
  readonly approve: 'ask' | 'all' | undefined;
  /** Of jobs that do not say it themselves, whether they work in the folder itself; `undefined`: in a copy. */
  readonly inPlace?: boolean | undefined;
  /** Of commands; `undefined`: the strongest that the system has. */
  readonly sandbox: 'auto' | 'off' | undefined;
  /** Whether sandboxed commands have a network; `undefined`: they have none. */
  readonly network: boolean | undefined;
  /** Commands that check the workspace, in the user's words; empty: they are found. */
  readonly check: readonly string[];
  /** Kinds of steps whose results a person accepts before the job goes on. */
  readonly person: readonly StepKind[];
  /** Whether a test is written for a fault that no test shows: it stays in what a job changed, is left out of it, or there is none. */
  readonly reproduction: 'keep' | 'drop' | 'off';
  /** How long one run of the project's own tests may take. */
  readonly testTimeoutMs: Ms;
}

/** One program, by exact name, and what its first arguments must be; in the form of the command runner's rules. */
export interface AllowedCommand {
  readonly program: string;
  readonly starts?: readonly (readonly string[])[];
  readonly letters?: string;
  readonly options?: readonly string[];
  readonly scriptArguments?: boolean;
  readonly readOnly?: boolean;
}

/** Can be called now: it has its key, or needs none. */
export function isReady(endpoint: ConfiguredEndpoint): boolean {
  return endpoint.keyless || endpoint.apiKey !== undefined;
}

/** Can be called now, and is not only watched. */
export function mayBeChosen(endpoint: ConfiguredEndpoint): boolean {
  return isReady(endpoint) && endpoint.isWatched !== true;
}

/** Whether it is chosen from; what is named exactly need not be. */
export function isInPool({ pool }: Pick<Config, 'pool'>, model: Model): boolean {
  return pool === undefined || isNamedIn(pool, model);
}

/** Calls are opened by something of ours: a key, or a cloud's credentials. */
export function isOnOurAccount({ apiKey, host }: ConfiguredEndpoint): boolean {
  return apiKey !== undefined || host !== undefined;
}

/** Every secret in use, by value and in the forms in which programs repeat one, for the redactor. */
export function secretsOf(config: Config): readonly string[] {
  const secrets: (Secret | undefined)[] = [...config.endpoints.values()].flatMap((endpoint) => [
    endpoint.apiKey,
    ...Object.values(endpoint.headers),
  ]);
  const values = secrets.flatMap((secret) => secret?.reveal() ?? []);
  if (config.alarms !== undefined) values.push(config.alarms.secret.reveal());
  if (config.store.kind === 'postgres')
    values.push(config.store.url.reveal(), ...passwordsIn(config.store.url.reveal()));
  return values.flatMap(secretForms);
}
