import { parseDocument } from 'yaml';

/** What a configuration points to, as written. */
interface NamedFiles {
  readonly toolServers: readonly string[];
  readonly policies: readonly string[];
  readonly policyFolders: readonly string[];
}

/**
 * The files that a configuration names. Lenient, and before anything of it is believed: a file that cannot be read names
 * nothing, and is refused later by whoever parses it.
 */
export function namedFiles(configuration: string): NamedFiles {
  const values = toRecord(parseLoosely(configuration));
  return {
    toolServers: texts(toRecord(values['tools'])['mcpFile']),
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

export function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function texts(value: unknown): readonly string[] {
  return [value].flat().filter((one): one is string => typeof one === 'string');
}

/** As the policy room tells a file from an id. */
function isPath(policy: string): boolean {
  return /[/\\]|\.ya?ml$/u.test(policy);
}
