import type { Socket } from 'node:net';
import type { Catalog } from '../catalog/catalog.ts';
import type { RefreshedPrices } from '../catalog/listed-prices.ts';
import type { ConfiguredEndpoint } from '../config/config.ts';
import type { Decide } from '../decisions/pool-dial.ts';
import type { EndpointId, ModelId, SessionId } from '../domain/ids.ts';
import type { Log } from '../domain/log.ts';
import type { Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { At, Ms } from '../domain/time.ts';
import type { Alarm } from '../learn/alarms/alarm.ts';
import type { BeliefSource } from '../learn/beliefs/belief-source.ts';
import type { MoneyLedger } from '../money/ledger.ts';
import type { TeamLimits } from '../money/team.ts';
import type { LearnedRow, PassThroughSwitch, ProvedRow } from '../page/page-source.ts';
import type { Embedder } from '../predict/embedding/embedder.ts';
import type { NeedReader } from '../predict/need/need-reader.ts';
import type { Predictor, StepForecaster } from '../predict/predictor.ts';
import type { RiskReader } from '../predict/risk-reader.ts';
import type { HostOpeners } from '../providers/host.ts';
import type { ModelCaller } from '../providers/model-caller.ts';
import type { ProxySettings } from '../providers/proxy-settings.ts';
import type { IssuedIds } from '../recorder/issued-ids.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { SharedSessions } from '../recorder/shared-sessions.ts';
import type { StoreViews } from '../recorder/store-views.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { AccessKey } from './core/access-keys.ts';
import type { RenewedHash } from './core/token-check.ts';
import type { GatewaySettings } from './settings/gateway-settings.ts';
import type { Siblings } from './workers/siblings.ts';

/** What a gateway stands on. Nothing here reads files or the environment. */
export interface GatewayDeps {
  readonly settings: GatewaySettings;
  /** Every model that a caller may name. */
  readonly catalog: Catalog;
  /** Prices of names that the catalogue lacks, where the user has fetched some. */
  readonly refreshed?: RefreshedPrices | undefined;
  /** The pool that virtual names are routed over. */
  readonly models: readonly Model[];
  readonly endpoints: ReadonlyMap<EndpointId, ConfiguredEndpoint>;
  readonly policy: RouterPolicy;
  /** Other policies that an access key may name. */
  readonly policies: ReadonlyMap<string, RouterPolicy>;
  /** Computed beside the one obeyed, and only recorded. */
  readonly shadows: readonly RouterPolicy[];
  /** What records have taught about models and hand-overs. Absent: nothing. */
  readonly beliefs?: Pick<BeliefSource, 'latest'>;
  /** Reads words for policies that are careful with risks. Absent: none is read. */
  readonly readRisk?: RiskReader;
  /** Titles of records hold the first words of prompts. Absent: no word of a caller's stands in a record. */
  readonly keepWords?: boolean;
  readonly decide: Decide;
  /** Reads what steps need. Absent: their kinds are guessed by rule. */
  readonly needs?: NeedReader;
  /** Calls a model for ourselves, for policies that ask one what steps need. Absent: none is asked. */
  readonly callModel?: ModelCaller;
  readonly predictor: Predictor;
  readonly forecaster: StepForecaster;
  readonly recorder: Recorder;
  /** Opens `/metrics`, and nothing else, to whoever has no access key. Absent: nothing does. */
  readonly metricsToken?: string | undefined;
  /** Where the spans of calls go, for those that a call is handed on to. Absent: nowhere. */
  readonly telemetry?: Telemetry | undefined;
  /** The sentence encoder, for policies that let answers be shared by meaning; opened when first of use. */
  readonly openEmbedder?: () => Promise<Embedder | undefined>;
  /** Remembers beyond this process whose the ids are that vendors gave out. Absent: nothing does. */
  readonly issuedIds?: IssuedIds | undefined;
  /** Sessions for the other gateways of the same store. Absent: there is none. */
  readonly sharedSessions?: SharedSessions | undefined;
  readonly accessKeys: readonly AccessKey[];
  /** What places of an organisation may spend. Absent: nobody has said anything of it. */
  readonly teams?: TeamLimits | undefined;
  /** Told of a key whose stored hash was of the old kind and has been replaced. Must return at once. */
  readonly onRehashed?: (hash: RenewedHash) => void | Promise<void>;
  /** Who has spent what, and what calls under way may bill. Closed by whoever opened it. */
  readonly ledger: MoneyLedger;
  /** Proxies to reach endpoints through. Absent: none. */
  readonly proxy?: ProxySettings;
  /** Opens clouds that serve models. Absent: endpoints at one cannot be called. */
  readonly hosts?: HostOpeners;
  /** What should be looked at, as of the last look; names and figures alone. Absent: nobody looks. */
  readonly alarms?: (() => readonly Alarm[]) | undefined;
  /** What the page at `/` stands on. Absent: there is no page. */
  readonly page?: GatewayPage | undefined;
  /** Told when its switch was set here, and not by another process. Must return at once. */
  readonly onSwitched?: (isOn: boolean, by: string) => void;
  /** The other processes that serve the same gateway. Absent: there is none. */
  readonly siblings?: Siblings | undefined;
  readonly log: Log;
  readonly clock: {
    now(): At;
    /** For what waits and times out inside the process; never goes back. Default: `performance.now()`. */
    monotonicMs?(): Ms;
  };
  /** A model that the operator forces on calls of a session, in the middle of a step too. */
  readonly pinned?: (session: SessionId, callInStep: number) => ModelId | undefined;
}

export interface GatewayPage {
  readonly views: StoreViews;
  /** Absent: nothing was proved of any policy. */
  readonly proved?:
    | ((policies: ReadonlyMap<string, RouterPolicy>, models: readonly Model[]) => Promise<readonly ProvedRow[]>)
    | undefined;
  /** Absent: nothing can be learned of any policy. */
  readonly learned?: (() => Promise<readonly LearnedRow[]>) | undefined;
  /** Whoever shows it sees everything, also where access keys are demanded. Absent: nobody does there. */
  readonly operatorToken?: string | undefined;
}

/** What may change while a gateway runs. */
export type Reloadable = Pick<
  GatewayDeps,
  'catalog' | 'refreshed' | 'models' | 'endpoints' | 'policy' | 'policies' | 'shadows' | 'accessKeys' | 'teams'
>;

/** A running gateway. */
export interface Gateway {
  /** One switch for a bad day. */
  readonly passThrough: PassThroughSwitch;
  /** Starts to listen; resolves with where. */
  listen(): Promise<{ readonly host: string; readonly port: number; readonly url: string }>;
  /** Serves a connection that another process has accepted, of which it has read `head`; for one that does not listen itself. */
  adopt(socket: Socket, head: Buffer): void;
  /**
   * Goes on with other models, endpoints, policies or keys: calls under way end as they began, those that come are of the
   * new. Sessions, budgets and what is warm stay.
   * @throws PointsmanError `config-invalid` for an endpoint with a subscription token; then nothing has changed
   */
  reload(next: Partial<Reloadable>): void;
  /**
   * Stops taking calls, lets running ones end up to `drainMs`, ends the rest with an error that callers retry, then closes
   * every socket. A second time: ends them at once.
   */
  close(): Promise<void>;
}
