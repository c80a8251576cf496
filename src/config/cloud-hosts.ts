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

interface HostRules {
  readonly wires: readonly Wire[];
  /** Variables in which its users keep a key. */
  readonly apiKeyNames: readonly string[];
  /** Fields of an endpoint that only this host has. */
  readonly fields: readonly HostField[];
}

type HostField = 'apiVersion' | 'region' | 'profile' | 'project' | 'credentialsFile';
/** Those that say nothing elsewhere; where it computes any endpoint may say. */
const HOST_FIELDS: readonly HostField[] = ['apiVersion', 'profile', 'project', 'credentialsFile'];

/** The clouds' own documentation, read 2026-11. */
export const HOST_RULES: Readonly<Record<HostKind, HostRules>> = {
  azure: {
    wires: ['openai-responses', 'openai-chat'],
    apiKeyNames: ['AZURE_OPENAI_API_KEY'],
    fields: ['apiVersion'],
  },
  bedrock: {
    wires: ['anthropic-messages'],
    apiKeyNames: ['AWS_BEARER_TOKEN_BEDROCK'],
    fields: ['region', 'profile'],
  },
  vertex: {
    wires: ['anthropic-messages', 'gemini-generate-content', 'openai-chat'],
    apiKeyNames: [],
    fields: ['region', 'project', 'credentialsFile'],
  },
};

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
