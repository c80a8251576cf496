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
