import type { Environment } from '../domain/environment.ts';
import type { Wire } from '../domain/model.ts';
import { faultAt, type YamlPath } from '../policy/yaml-document.ts';
import type { HostKind, HostSettings } from '../wires/shared/endpoint-config.ts';
import type { EndpointFile, ParsedConfigFile } from './config-file.ts';
import { variableOf } from './environment.ts';

/** What an endpoint at a cloud has that is not written down. */
export interface ResolvedHost {
  readonly settings: HostSettings;
  /** Where it is; `undefined`: its user has to say. */
  readonly baseUrl: string | undefined;
}

interface ServedModel {
  readonly vendor?: string | undefined;
  readonly wireModel?: string | undefined;
}

interface HostRules {
  readonly wires: readonly Wire[];
  /** By which of them it serves a model; `undefined`: nobody says whose it is. */
  readonly wireOf: (model: ServedModel) => Wire | undefined;
  /** Variables in which its users keep a key. */
  readonly apiKeyNames: readonly string[];
  /** Fields of an endpoint that only this host has. */
  readonly fields: readonly HostField[];
}

type HostField = 'apiVersion' | 'region' | 'profile' | 'project' | 'credentialsFile';
/** Those that say nothing elsewhere; where it computes any endpoint may say. */
const HOST_FIELDS: readonly HostField[] = ['apiVersion', 'profile', 'project', 'credentialsFile'];

/** Google, "Use open models with Vertex AI": all others come in OpenAI's form. Read 2026-11. */
const VERTEX_WIRES: Readonly<Record<string, Wire>> = {
  anthropic: 'anthropic-messages',
  google: 'gemini-generate-content',
};

/** The clouds' own documentation, read 2026-11. */
export const HOST_RULES: Readonly<Record<HostKind, HostRules>> = {
  azure: {
    wires: ['openai-responses', 'openai-chat'],
    wireOf: ({ vendor = 'openai' }) => (vendor === 'openai' ? 'openai-responses' : 'openai-chat'),
    apiKeyNames: ['AZURE_OPENAI_API_KEY'],
    fields: ['apiVersion'],
  },
  bedrock: {
    wires: ['anthropic-messages', 'bedrock-converse'],
    wireOf: bedrockWire,
    apiKeyNames: ['AWS_BEARER_TOKEN_BEDROCK'],
    fields: ['region', 'profile'],
  },
  vertex: {
    wires: ['anthropic-messages', 'gemini-generate-content', 'openai-chat'],
    wireOf: ({ vendor }) => (vendor === undefined ? undefined : (VERTEX_WIRES[vendor] ?? 'openai-chat')),
    apiKeyNames: [],
    fields: ['region', 'project', 'credentialsFile'],
  },
};

/** As Bedrock names models, behind a geography and in the ARN of a profile, too: `eu.anthropic.claude-…`, `meta.llama4-…`. */
const BEDROCK_VENDOR = /(?:^|\/)(?:(?:us-gov|us|eu|apac|ap|jp|au|ca|sa|me|global)\.)?([a-z0-9]+)\.[a-z]/u;

/** Claude in its own form, which says more; every other model in Bedrock's. */
function bedrockWire({ vendor, wireModel = '' }: ServedModel): Wire | undefined {
  const maker = vendor ?? BEDROCK_VENDOR.exec(wireModel)?.[1];
  if (maker === undefined) return undefined;
  return maker === 'anthropic' ? 'anthropic-messages' : 'bedrock-converse';
}

interface EndpointOfHost {
  readonly host?: HostSettings | undefined;
  readonly wires: readonly Wire[];
}

/** By which wire an endpoint serves a model of which nothing else is said; `undefined`: nobody can tell. */
export function wireAt({ host, wires }: EndpointOfHost, model: ServedModel): Wire | undefined {
  if (host === undefined || wires.length === 1) return wires[0];
  const own = HOST_RULES[host.kind].wireOf(model);
  return own === undefined || wires.includes(own) ? own : wires[0];
}

export interface HostSources {
  readonly file: ParsedConfigFile;
  readonly env: Environment;
  readonly path: YamlPath;
  /** The text of a file that the configuration names. */
  readonly readFile: (name: string, at: YamlPath) => string;
}

/**
 * The cloud that an endpoint names, with what the environment says of it; `undefined`: none.
 * @throws PointsmanError `config-invalid` for a field that its host does not have, or lacks
 */
export function resolveHost(written: EndpointFile | undefined, sources: HostSources): ResolvedHost | undefined {
  checkFields(written, sources);
  switch (written?.host) {
    case undefined:
      return undefined;
    case 'azure':
      return { settings: { kind: 'azure', apiVersion: written.apiVersion }, baseUrl: undefined };
    case 'bedrock':
      return bedrock(written, sources);
    case 'vertex':
      return vertex(written, sources);
  }
}

function checkFields(written: EndpointFile | undefined, { file, path }: HostSources): void {
  const known = written?.host === undefined ? [] : HOST_RULES[written.host].fields;
  const stray = HOST_FIELDS.find((field) => written?.[field] !== undefined && !known.includes(field));
  if (stray === undefined) return;
  const owners = Object.entries(HOST_RULES).flatMap(([name, { fields }]) => (fields.includes(stray) ? [name] : []));
  throw faultAt(file.document, [...path, stray], `goes with "host: ${owners.join('" or "')}" alone.`);
}

/** AWS, "Amazon Bedrock endpoints and quotas", read 2026-11. */
function bedrock({ region: written, profile }: EndpointFile, { file, env, path }: HostSources): ResolvedHost {
  const region = written ?? variableOf(env, 'AWS_REGION') ?? variableOf(env, 'AWS_DEFAULT_REGION');
  if (region === undefined) throw faultAt(file.document, path, 'needs a "region", or the variable AWS_REGION.');
  return {
    settings: { kind: 'bedrock', region, profile },
    baseUrl: `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
  };
}

/** The variables are those of Google's and Anthropic's own clients. Google, "Locations" of Vertex AI, read 2026-11. */
function vertex(
  { region: written, project, credentialsFile }: EndpointFile,
  { env, path, readFile }: HostSources,
): ResolvedHost {
  const text = credentialsFile === undefined ? undefined : readFile(credentialsFile, [...path, 'credentialsFile']);
  const said = (...names: readonly string[]): string | undefined =>
    names.map((name) => variableOf(env, name)).find((value) => value !== undefined);
  const region = written ?? said('GOOGLE_CLOUD_LOCATION', 'CLOUD_ML_REGION') ?? 'global';
  return {
    settings: {
      kind: 'vertex',
      region,
      project: project ?? said('GOOGLE_CLOUD_PROJECT', 'ANTHROPIC_VERTEX_PROJECT_ID'),
      credentials: text === undefined ? undefined : () => text,
    },
    baseUrl: `https://${vertexHost(region)}`,
  };
}

function vertexHost(region: string): string {
  if (region === 'global') return 'aiplatform.googleapis.com';
  return region === 'us' || region === 'eu'
    ? `aiplatform.${region}.rep.googleapis.com`
    : `${region}-aiplatform.googleapis.com`;
}
