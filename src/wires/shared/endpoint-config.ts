import type { Environment } from '../../domain/environment.ts';
import type { EndpointId } from '../../domain/ids.ts';
import type { Wire } from '../../domain/model.ts';
import { MINUTE_MS, type Ms } from '../../domain/time.ts';

/** Which vendor's habits an OpenAI-like endpoint has. */
export const DIALECTS = ['openai', 'google', 'mistral', 'deepseek', 'openrouter', 'generic'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** Clouds that serve the models of several vendors under addresses and credentials of their own. */
export const HOST_KINDS = ['azure', 'bedrock', 'vertex'] as const;
export type HostKind = (typeof HOST_KINDS)[number];

/** What has to be known of a cloud beside its address. */
export type HostSettings =
  | {
      readonly kind: 'azure';
      /** A date: deployments are part of the address. Absent, or a word such as `preview`: the v1 API. */
      readonly apiVersion: string | undefined;
    }
  | {
      readonly kind: 'bedrock';
      readonly region: string;
      /** Of the shared configuration of AWS. Absent: as the environment says. */
      readonly profile: string | undefined;
    }
  | {
      readonly kind: 'vertex';
      /** A region, `us`, `eu` or `global`. */
      readonly region: string;
      /** Absent: the one that the credentials belong to. */
      readonly project: string | undefined;
      /** What the file of a service account says, kept from whoever shows settings. Absent: application default credentials. */
      readonly credentials: (() => string) | undefined;
    };

/** A place that serves models, as the user configures it. */
export interface EndpointConfig {
  readonly id: EndpointId;
  readonly wires: readonly Wire[];
  /** Root of the API. A `/v1` that a wire needs or must not have is added or removed. */
  readonly baseUrl: string;
  /** The key itself. Absent: looked up in the secrets under `apiKeyName`. */
  readonly apiKey?: string;
  /** Environment variable of the key. Default: `ANTHROPIC_API_KEY` for `anthropic`, and so on. */
  readonly apiKeyName?: string;
  /** True where no key is needed. Default: true for loopback addresses. */
  readonly keyless?: boolean;
  /** Sent with every request. Values are treated as secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole call. Default 30 minutes. */
  readonly timeoutMs?: Ms;
  /** Without a byte from the endpoint. Default 5 minutes. */
  readonly idleTimeoutMs?: Ms;
  /** For the first byte of an answer. Default: what it may be silent. */
  readonly firstByteMs?: Ms;
  /** Default: told from the host, else from the id. */
  readonly dialect?: Dialect;
  /** Who serves the models, where it is not a server of the wire formats themselves. */
  readonly host?: HostSettings;
  /** Added to the query of every call. */
  readonly query?: Readonly<Record<string, string>>;
  /** Certificates, as PEM, that vouch for the endpoint beside those that Node.js trusts. */
  readonly ca?: string;
}

const DEFAULT_TIMEOUT_MS: Ms = 30 * MINUTE_MS;
const DEFAULT_IDLE_TIMEOUT_MS: Ms = 5 * MINUTE_MS;

/** An endpoint with everything resolved: what an adapter needs. */
export interface Endpoint {
  readonly id: EndpointId;
  readonly baseUrl: string;
  /** `undefined`: needed but missing, or not needed; `keyless` tells which. */
  readonly apiKey: string | undefined;
  readonly apiKeyName: string;
  readonly keyless: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: Ms;
  readonly idleTimeoutMs: Ms;
  readonly firstByteMs: Ms | undefined;
  readonly dialect: Dialect;
  readonly host: HostSettings | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly ca: string | undefined;
}

const DIALECT_OF_HOST: readonly (readonly [RegExp, Dialect])[] = [
  [/(^|\.)openai\.com$|\.openai\.azure\.com$/u, 'openai'],
  [/(^|\.)googleapis\.com$/u, 'google'],
  [/(^|\.)mistral\.ai$/u, 'mistral'],
  [/(^|\.)deepseek\.com$/u, 'deepseek'],
  [/(^|\.)openrouter\.ai$/u, 'openrouter'],
];

/** Fills in what a configuration leaves to us. Secrets come as an argument: nothing here reads the environment. */
export function resolveEndpoint(config: EndpointConfig, secrets: Environment): Endpoint {
  const host = hostOf(config.baseUrl);
  const apiKeyName = config.apiKeyName ?? `${config.id.toUpperCase().replaceAll(/[^A-Z0-9]+/gu, '_')}_API_KEY`;
  const apiKey = config.apiKey ?? secrets[apiKeyName];
  return {
    id: config.id,
    baseUrl: config.baseUrl,
    apiKey: apiKey === '' ? undefined : apiKey,
    apiKeyName,
    keyless: config.keyless ?? isLoopback(host),
    headers: config.headers ?? {},
    timeoutMs: config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    idleTimeoutMs: config.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
    firstByteMs: config.firstByteMs,
    dialect: config.dialect ?? DIALECT_OF_HOST.find(([pattern]) => pattern.test(host))?.[1] ?? dialectOfId(config.id),
    host: config.host,
    query: config.query ?? {},
    ca: config.ca,
  };
}

function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(host);
}

function dialectOfId(id: string): Dialect {
  return DIALECTS.find((dialect) => id === dialect || id.startsWith(`${dialect}-`)) ?? 'generic';
}
