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

type HostField = 'apiVersion' | 'region' | 'profile';
/** Those that say nothing elsewhere; where it computes any endpoint may say. */
const HOST_FIELDS: readonly HostField[] = ['apiVersion', 'profile'];

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
};

/**
 * The cloud that an endpoint names, with what the environment says of it; `undefined`: none.
 * @throws PointsmanError `config-invalid` for a field that its host does not have, or lacks
 */
export function resolveHost(
  written: EndpointFile | undefined,
  { file, env, path }: { readonly file: ParsedConfigFile; readonly env: Environment; readonly path: YamlPath },
): ResolvedHost | undefined {
  const kind = written?.host;
  const known = kind === undefined ? [] : HOST_RULES[kind].fields;
  const stray = HOST_FIELDS.find((field) => written?.[field] !== undefined && !known.includes(field));
  if (stray !== undefined) {
    const owners = Object.entries(HOST_RULES).flatMap(([name, { fields }]) => (fields.includes(stray) ? [name] : []));
    throw faultAt(file.document, [...path, stray], `goes with "host: ${owners.join('" or "')}" alone.`);
  }
  if (kind === undefined || written === undefined) return undefined;
  if (kind === 'azure') return { settings: { kind, apiVersion: written.apiVersion }, baseUrl: undefined };
  const region = written.region ?? variableOf(env, 'AWS_REGION') ?? variableOf(env, 'AWS_DEFAULT_REGION');
  if (region === undefined) throw faultAt(file.document, path, 'needs a "region", or the variable AWS_REGION.');
  return { settings: { kind, region, profile: written.profile }, baseUrl: bedrockAddress(region) };
}

/** AWS, "Amazon Bedrock endpoints and quotas", read 2026-11. */
function bedrockAddress(region: string): string {
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
