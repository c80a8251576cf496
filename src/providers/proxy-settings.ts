import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';

/** Proxies as the usual variables name them. */
export interface ProxySettings {
  readonly httpProxy: string | undefined;
  /** Where only `HTTP_PROXY` is set it serves these addresses as well, as undici has it. */
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

/**
 * `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, or in small letters, which win; `undefined`: there is no proxy.
 * @throws PointsmanError `config-invalid` for a proxy that is no address
 */
export function proxyIn(env: Environment): ProxySettings | undefined {
  const httpProxy = proxyNamed('HTTP_PROXY', env);
  const httpsProxy = proxyNamed('HTTPS_PROXY', env) ?? httpProxy;
  if (httpsProxy === undefined) return undefined;
  return { httpProxy, httpsProxy, noProxy: valueOf('NO_PROXY', env)?.value };
}

interface Named {
  readonly variable: string;
  readonly value: string;
}

function valueOf(name: string, env: Environment): Named | undefined {
  const variable = env[name.toLowerCase()] === undefined ? name : name.toLowerCase();
  const value = env[variable];
  return value === undefined || value === '' ? undefined : { variable, value };
}

/** "proxy:3128" is an address, too, of a protocol called "proxy"; and none of it is shown: it may begin with a password. */
function proxyNamed(name: string, env: Environment): string | undefined {
  const named = valueOf(name, env);
  if (named === undefined) return undefined;
  const { variable, value } = named;
  const place = URL.canParse(value) ? new URL(value) : undefined;
  if (place !== undefined && /^(?:https?|socks5?):$/u.test(place.protocol)) return value;
  throw new PointsmanError('config-invalid', `The proxy in ${variable} is no address.`, {
    hint: `Begin it with its protocol, as in ${variable}=http://proxy.example:8080, or unset it.`,
  });
}

/** The proxy through which an address is reached; `undefined`: none. `NO_PROXY` names hosts, whole domains and ports, as undici reads it. */
export function proxyFor(url: string, settings: ProxySettings | undefined): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  const usualPort = protocol === 'https:' ? '443' : '80';
  const isExcepted = (settings?.noProxy ?? '').split(/[\s,]+/u).some((entry) => {
    const [, name = '', only] = /^\*?\.?(.*?)(?::(\d+))?$/u.exec(entry.toLowerCase()) ?? [];
    if (entry === '*') return true;
    const isHost = name !== '' && (hostname === name || hostname.endsWith(`.${name}`));
    return isHost && (only === undefined || only === (port === '' ? usualPort : port));
  });
  return isExcepted ? undefined : protocol === 'https:' ? settings?.httpsProxy : settings?.httpProxy;
}

/** For undici's `EnvHttpProxyAgent`, which reads the environment itself for what is left out: an empty text says that there is none. */
export function proxyOptions(settings: ProxySettings | undefined): Record<keyof ProxySettings, string> {
  const { httpProxy = '', httpsProxy = '', noProxy = '' } = settings ?? {};
  return { httpProxy, httpsProxy, noProxy };
}
