import type { Environment } from '../domain/environment.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import { faultAt, type YamlPath } from '../policy/yaml-document.ts';
import type { EndpointFile, KeyFile, ParsedConfigFile } from './config-file.ts';
import type { ConfiguredEndpoint } from './config.ts';
import { variableOf } from './environment.ts';
import type { References } from './references.ts';
import { Secret } from './secret.ts';

export interface EndpointSources {
  readonly file: ParsedConfigFile;
  readonly env: Environment;
  readonly references: References;
  /**
   * The text of a file that the configuration names.
   * @throws PointsmanError `config-invalid` when it cannot be read
   */
  readonly readFile: (name: string, at: YamlPath) => string;
}

/**
 * An endpoint with several keys is several places: each key has a cache, limits and health of its own. The first keeps the
 * endpoint's id, the others add the name of their variable: `anthropic`, `anthropic#ANTHROPIC_KEY_B`.
 * @throws PointsmanError `config-invalid` for a key that is listed twice, or written beside `apiKey` or `apiKeyName`
 */
export function endpointPerKey(
  endpoint: ConfiguredEndpoint,
  keys: EndpointFile['keys'],
  sources: EndpointSources,
): readonly ConfiguredEndpoint[] {
  if (keys === undefined) return [endpoint];
  const { id } = endpoint;
  const listed = keys.map((key): KeyFile => (typeof key === 'string' ? { name: key } : key));
  checkKeys(id, listed, sources);
  return listed.map(({ name, weight, onlyFor }, index) => {
    const value = variableOf(sources.env, name);
    return {
      ...endpoint,
      id: index === 0 ? id : asId<EndpointId>(`${id}#${name}`),
      ...(index === 0 ? {} : { site: id }),
      apiKey: value === undefined ? undefined : new Secret(value, `env ${name}`),
      apiKeyName: name,
      ...(weight === undefined ? {} : { weight }),
      ...(onlyFor === undefined ? {} : { onlyFor }),
    };
  });
}

function checkKeys(id: string, keys: readonly KeyFile[], { file }: EndpointSources): void {
  const path = ['endpoints', id, 'keys'];
  const twice = keys.findIndex(({ name }, index) => keys.findIndex((key) => key.name === name) !== index);
  if (twice >= 0) throw faultAt(file.document, [...path, twice], 'this key is listed twice.');
  const written = file.values.endpoints?.[id];
  if (written?.apiKey === undefined && written?.apiKeyName === undefined) return;
  const hint = 'List every variable under "keys", the first one too.';
  throw faultAt(file.document, path, 'stands beside "apiKey" or "apiKeyName", which name one key.', hint);
}
