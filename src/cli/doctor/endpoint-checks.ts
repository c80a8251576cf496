import { connect } from 'node:net';
import type { Catalog } from '../../catalog/catalog.ts';
import { isReady, type Config, type ConfiguredEndpoint } from '../../config/config.ts';
import type { Environment } from '../../domain/environment.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import { isNamedIn } from '../../domain/model.ts';
import { proxyFor, proxyIn, type ProxySettings } from '../../providers/proxy-settings.ts';
import { fail, ok, skipped, warn, type Check } from './check.ts';
import { keyCheck } from './key-check.ts';

const CONNECT_LIMIT_MS = 2000;

/**
 * Keys and reachability of the endpoints that matter: those with a key, those the user has named, and those that serve
 * models of the user's own. Keys are never printed, only where they come from. Reaching is one TCP connection within two
 * seconds; where there is a key, the list of models is asked for with it, which costs nothing. `offline`: nothing of either.
 */
export async function endpointChecks(
  config: Config,
  catalog: Catalog,
  options: {
    readonly offline: boolean;
    readonly env: Environment;
  },
): Promise<readonly Check[]> {
  const own = new Set(config.models.filter((model) => model.source === 'configuration').map((model) => model.endpoint));
  const chosen = [...config.endpoints.values()].filter(
    (endpoint) => endpoint.apiKey !== undefined || endpoint.wanted || own.has(endpoint.id),
  );
  const checks = await Promise.all(chosen.map((endpoint) => checkEndpoint(endpoint, options)));
  const proxy = proxySettings(options.env);
  const canTry = !options.offline && !(proxy instanceof PointsmanError);
  // One that cannot be reached has been told of.
  const reached = canTry ? chosen.filter((_endpoint, at) => checks[at]?.status === 'ok') : [];
  const keys = canTry ? await Promise.all(reached.map((endpoint) => keyCheck(endpoint, proxy))) : [];
  const tried = keys.filter((check) => check !== undefined);
  return [modelsCheck(config, catalog), ...poolChecks(config, catalog), ...checks, ...tried];
}

function modelsCheck(config: Config, catalog: Catalog): Check {
  const ready = catalog.models.filter((model) => {
    const endpoint = config.endpoints.get(model.endpoint);
    return endpoint !== undefined && isReady(endpoint);
  });
  if (ready.length > 0)
    return ok('models', `${ready.length} of ${catalog.models.length} models have a key or need none`);
  return warn(
    'models',
    'no model can be called yet; "pointsman demo" works without one',
    'Set a key, such as ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENROUTER_API_KEY, or add a model of a local server to the configuration.',
  );
}

/** Ids in lists of models that no row has: in `pool` they would be passed over without a word. */
function poolChecks({ pool = [], pools }: Config, catalog: Catalog): readonly Check[] {
  const named = [...pools].map(([name, ids]) => [`pool ${name}`, ids] as const);
  return [['pool', pool] as const, ...named].flatMap(([name, ids]) =>
    ids
      .filter((id) => !catalog.models.some((model) => isNamedIn([id], model)))
      .map((id) => {
        const near = catalog.suggest(id)[0];
        const hint = near === undefined ? 'See "pointsman models".' : `Did you mean "${near}"?`;
        return fail(name, `it names "${id}", which is no model`, hint);
      }),
  );
}

async function checkEndpoint(
  endpoint: ConfiguredEndpoint,
  { offline, env }: { readonly offline: boolean; readonly env: Environment },
): Promise<Check> {
  const name = `endpoint ${endpoint.id}`;
  if (!isReady(endpoint)) {
    return warn(
      name,
      'its key is missing',
      `Set ${endpoint.apiKeyName}, or take "${endpoint.id}" out of the configuration.`,
    );
  }
  const key = keyOf(endpoint);
  const { host } = new URL(endpoint.baseUrl);
  if (offline) return skipped(name, `${key}; ${host} not tried (--offline)`);
  const settings = proxySettings(env);
  if (settings instanceof PointsmanError) {
    return fail(name, `${key}; ${host} cannot be reached. ${settings.message}`, settings.hint ?? '');
  }
  const proxy = proxyFor(endpoint.baseUrl, settings);
  if (proxy !== undefined) return checkProxy(name, `${key}; ${host}`, proxy);
  const failure = await tryConnect(endpoint.baseUrl);
  if (failure === undefined) return ok(name, `${key}; ${host} answers`);
  return fail(name, `${key}; ${host} cannot be reached (${failure})`, hintOf(endpoint.baseUrl));
}

function keyOf({ apiKey, host }: ConfiguredEndpoint): string {
  if (apiKey !== undefined) return `key from ${apiKey.source}`;
  return host === undefined ? 'needs no key' : `no key: opened by the credentials that ${host.kind} finds`;
}

function proxySettings(env: Environment): ProxySettings | PointsmanError | undefined {
  try {
    return proxyIn(env);
  } catch (thrown) {
    return toPointsmanError(thrown, 'config-invalid');
  }
}

/** What is behind a proxy only a call can tell: nothing is sent. */
async function checkProxy(name: string, what: string, proxy: string): Promise<Check> {
  const at = new URL(proxy).host;
  const failure = await tryConnect(proxy);
  if (failure === undefined) return ok(name, `${what} through the proxy ${at}, which answers`);
  const hint = 'Correct HTTPS_PROXY or HTTP_PROXY, or name the host in NO_PROXY.';
  return fail(name, `${what} cannot be reached: the proxy ${at} does not answer (${failure})`, hint);
}

function hintOf(baseUrl: string): string {
  const { hostname } = new URL(baseUrl);
  return /^(?:localhost|127\.|\[::1\])/u.test(hostname)
    ? 'Start the server, or correct its address in the configuration.'
    : 'Check the network, a proxy or firewall, and the address; use --offline to skip this.';
}

/** `undefined` when something accepts connections there; otherwise why not. */
function tryConnect(baseUrl: string, limitMs: number = CONNECT_LIMIT_MS): Promise<string | undefined> {
  const url = new URL(baseUrl);
  const usualPort = url.protocol === 'https:' ? 443 : 80;
  const port = url.port === '' ? usualPort : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (failure: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    };
    // Also bounds the look-up of the name, which a socket timeout does not.
    const timer = setTimeout(() => finish(`no answer within ${limitMs} ms`), limitMs);
    socket.once('connect', () => finish(undefined));
    socket.once('error', (error) => finish('code' in error ? String(error.code) : error.message));
  });
}
