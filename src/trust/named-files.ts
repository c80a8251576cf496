import { parseDocument } from 'yaml';

/** What a configuration points to, as written. */
interface NamedFiles {
  readonly toolServers: readonly string[];
  /** Whom endpoints are believed by. */
  readonly certificates: readonly string[];
  /** By whom clouds are opened. */
  readonly credentials: readonly string[];
  readonly policies: readonly string[];
  readonly policyFolders: readonly string[];
}

/**
 * The files that a configuration names. Lenient, and before anything of it is believed: a file that cannot be read names
 * nothing, and is refused later by whoever parses it.
 */
export function namedFiles(configuration: string): NamedFiles {
  const values = toRecord(parseLoosely(configuration));
  const endpoints = Object.values(toRecord(values['endpoints'])).map(toRecord);
  return {
    toolServers: texts(toRecord(values['tools'])['mcpFile']),
    certificates: endpoints.flatMap((one) => texts(one['caFile'])),
    credentials: endpoints.flatMap((one) => texts(one['credentialsFile'])),
    policies: [...texts(values['policy']), ...texts(values['shadows'])].filter(isPath),
    policyFolders: texts(values['policyDirs']),
  };
}

/** A YAML or JSON text as plain values; `undefined` where it is neither, or unfolds beyond reason. */
export function parseLoosely(text: string): unknown {
  try {
    return parseDocument(text, { prettyErrors: false }).toJS({ maxAliasCount: 50 });
  } catch {
    return undefined;
  }
}

/** The entries of a list of tool servers as whoever starts them reads it; a list that is no JSON starts nothing. */
export function serversIn(list: string): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
  const { mcpServers } = toRecord(parseJson(list) ?? parseLoosely(list));
  return Object.entries(toRecord(mcpServers)).map(([name, entry]) => [name, toRecord(entry)] as const);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/u, ''));
  } catch {
    return undefined;
  }
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function texts(value: unknown): readonly string[] {
  return [value].flat().filter((one): one is string => typeof one === 'string');
}

/** As the policy room tells a file from an id. */
function isPath(policy: string): boolean {
  return /[/\\]|\.ya?ml$/u.test(policy);
}
