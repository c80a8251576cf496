import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import { SECOND_MS } from '../domain/time.ts';
import { proxyIn, proxyOptions } from '../providers/proxy-settings.ts';

/** The newest version of the price package, with the text of the module that holds its data. */
export interface FetchedPackage {
  /** Name and version. */
  readonly source: string;
  readonly publishedOn: string;
  readonly module: string;
}

const PACKAGE = '@pydantic/genai-prices';
const MODULE = 'package/dist/index.js';
const REGISTRY = 'https://registry.npmjs.org/';
const TIMEOUT_MS = 30 * SECOND_MS;
const MAX_BYTES = 50_000_000;

const manifestSchema = z.looseObject({
  'dist-tags': z.looseObject({ latest: z.string() }),
  versions: z.record(
    z.string(),
    z.looseObject({ dist: z.looseObject({ tarball: z.url({ protocol: /^https?$/u }), integrity: z.string() }) }),
  ),
  time: z.record(z.string(), z.string()),
});

/**
 * Asks the npm registry (`npm_config_registry`, else that of `~/.npmrc`, else npm's own) for the newest price package and checks
 * what it sends against the sum that it states. Nothing of it is run.
 * @throws PointsmanError `provider-unavailable` without a network or registry, `catalog-invalid` for what is not that package
 */
export async function fetchPricePackage(env: Environment, signal: AbortSignal): Promise<FetchedPackage> {
  const registry = registryOf(env);
  const get = await opener(env, registry, signal);
  const manifest = manifestSchema.safeParse(jsonIn(await get(new URL(PACKAGE.replace('/', '%2f'), registry))));
  if (!manifest.success) throw notThePackage('its description is of another form');
  const version = manifest.data['dist-tags'].latest;
  const dist = manifest.data.versions[version]?.dist;
  if (dist === undefined) throw notThePackage('it has no newest version');
  const packed = await get(new URL(dist.tarball));
  if (!hasIntegrity(packed, dist.integrity)) throw notThePackage('its sum is another than the registry states');
  const module = fileIn(unpacked(packed), MODULE);
  if (module === undefined) throw notThePackage(`it has no ${MODULE}`);
  return { source: `${PACKAGE}@${version}`, publishedOn: (manifest.data.time[version] ?? '').slice(0, 10), module };
}

/** `undefined`: it is none, as where a network asks for a login first. */
function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function unpacked(packed: Buffer): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: MAX_BYTES });
  } catch {
    throw notThePackage('it cannot be unpacked');
  }
}

function notThePackage(why: string): PointsmanError {
  return new PointsmanError('catalog-invalid', `The price package was not taken: ${why}.`, {
    hint: 'Prices stay as they are.',
  });
}

function registryOf(env: Environment): URL {
  const named = env['npm_config_registry'] ?? env['NPM_CONFIG_REGISTRY'] ?? registryInFile(env) ?? REGISTRY;
  if (!URL.canParse(named)) throw new PointsmanError('config-invalid', 'The npm registry is no address.');
  return new URL(named.endsWith('/') ? named : `${named}/`);
}

function registryInFile(env: Environment): string | undefined {
  const home = env['HOME'] ?? env['USERPROFILE'];
  if (home === undefined) return undefined;
  try {
    return /^\s*registry\s*=\s*(\S+)/mu.exec(readFileSync(path.join(home, '.npmrc'), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** Through the proxies that the environment names. */
async function opener(env: Environment, registry: URL, signal: AbortSignal): Promise<(url: URL) => Promise<Buffer>> {
  const proxy = proxyOptions(proxyIn(env));
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent(proxy);
  return async (url) => {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const response = await fetch(url, { dispatcher, signal: limit, headers: { accept: 'application/json, */*' } });
      if (!response.ok) throw new PointsmanError('provider-unavailable', `${url.host} answered ${response.status}.`);
      const bytes = Buffer.from(await response.arrayBuffer());
      if (bytes.length > MAX_BYTES) throw notThePackage('it is too large');
      return bytes;
    } catch (thrown) {
      const error = toPointsmanError(thrown, 'provider-unavailable');
      if (error.code === 'catalog-invalid' || signal.aborted) throw error;
      throw new PointsmanError('provider-unavailable', `The npm registry ${registry.host} could not be asked.`, {
        cause: thrown,
        hint: 'Look at the network, at HTTPS_PROXY and at npm_config_registry. Prices stay as they are.',
      });
    }
  };
}

function hasIntegrity(bytes: Buffer, integrity: string): boolean {
  const [, algorithm, sum] = /^(sha512|sha384|sha256)-([A-Za-z0-9+/=]+)$/u.exec(integrity.split(' ')[0] ?? '') ?? [];
  return algorithm !== undefined && createHash(algorithm).update(bytes).digest('base64') === sum;
}

const BLOCK_BYTES = 512;

/** The text of one file of a tar archive. POSIX ustar, as npm packs. */
function fileIn(archive: Buffer, name: string): string | undefined {
  for (let at = 0; at + BLOCK_BYTES <= archive.length;) {
    const field = (from: number, to: number): string =>
      archive
        .subarray(at + from, at + to)
        .toString('latin1')
        .replace(/\0.*$/su, '');
    const size = Number.parseInt(field(124, 136).trim(), 8);
    if (!Number.isSafeInteger(size)) return undefined;
    const prefix = field(345, 500);
    const content = at + BLOCK_BYTES;
    if ((prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`) === name) {
      return archive.subarray(content, content + size).toString('utf8');
    }
    at = content + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return undefined;
}
