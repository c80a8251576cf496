import type { Environment } from '../../domain/environment.ts';
/** Proxies as the usual variables name them. */
export interface ProxySettings {
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

/** `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, or in small letters, which win; `undefined`: there is no proxy. */
export function proxyIn(env: Environment): ProxySettings | undefined {
  const named = (name: string): string | undefined => {
    const value = env[name.toLowerCase()] ?? env[name];
    return value === '' ? undefined : value;
  };
  const [httpProxy, httpsProxy] = [named('HTTP_PROXY'), named('HTTPS_PROXY')];
  if (httpProxy === undefined && httpsProxy === undefined) return undefined;
  return { httpProxy, httpsProxy, noProxy: named('NO_PROXY') };
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
