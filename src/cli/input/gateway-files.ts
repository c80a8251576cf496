import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isLoopback } from '../../config/endpoints.ts';
import { variableOf } from '../../config/environment.ts';
import { openSecrets, sealSecrets, type Secrets } from '../../config/secrets-file.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { jsonIn } from '../../domain/json.ts';
import { formatAccessKeys, parseAccessKeys, type AccessKey } from '../../gateway/core/access-keys.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import type { CommandIo } from './command.ts';

/**
 * Where the gateway keeps its files: `POINTSMAN_STORE`, else as `keysDir` of the gate, as where that is the address of a
 * PostgreSQL store. There access keys and what is spent by them are in the database, and files are what concerns this machine.
 */
export function gatewayDir(io: Pick<CommandIo, 'env' | 'cwd'>, gate: FolderGate): string {
  const store = variableOf(io.env, 'POINTSMAN_STORE');
  return store === undefined || store.includes('://') ? gate.keysDir(io.cwd) : path.resolve(io.cwd, store);
}

const ACCESS_KEYS = 'access-keys.json';
const SECRETS = 'secrets.json';

export function accessKeysFile(dir: string): string {
  return path.join(dir, ACCESS_KEYS);
}

/** @throws PointsmanError `config-invalid` for a damaged file */
export function readAccessKeys(dir: string): readonly AccessKey[] {
  const text = readIfThere(accessKeysFile(dir));
  return text === undefined ? [] : parseAccessKeys(text);
}

export function writeAccessKeys(dir: string, keys: readonly AccessKey[], gate: FolderGate): void {
  writeKeys(accessKeysFile(dir), formatAccessKeys(keys), gate);
}

/** A file of keys is used only as we wrote it: one that came with a folder is not. */
function writeKeys(file: string, text: string, gate: FolderGate): void {
  writePrivate(file, text);
  gate.claim(path.dirname(file));
  gate.claim(file, text);
}

const PASSPHRASE = 'POINTSMAN_SECRETS_PASSPHRASE';

/**
 * Provider keys from the encrypted file; none when there is no file.
 * @throws PointsmanError `config-invalid` without the passphrase or with a wrong one
 */
export function readSecrets(dir: string, env: CommandIo['env']): Secrets {
  const text = readIfThere(path.join(dir, SECRETS));
  return text === undefined ? {} : openSecrets(text, passphraseIn(env));
}

export function writeSecrets(dir: string, env: CommandIo['env'], secrets: Secrets, gate: FolderGate): void {
  writeKeys(path.join(dir, SECRETS), sealSecrets(secrets, passphraseIn(env)), gate);
}

function passphraseIn(env: CommandIo['env']): string {
  const passphrase = env[PASSPHRASE];
  if (passphrase !== undefined && passphrase.length >= 8) return passphrase;
  throw new PointsmanError('config-invalid', 'The secrets file needs its passphrase.', {
    hint: `Set ${PASSPHRASE} to at least eight characters.`,
  });
}

const PAGE_LINK = 'page.json';

/** How the operator of a running gateway reaches its page: whoever can read the store may see what is in it. */
export interface PageLink {
  readonly url: string;
  readonly token: string;
}

export function writePageLink(dir: string, link: PageLink): void {
  writePrivate(path.join(dir, PAGE_LINK), `${JSON.stringify(link)}\n`);
}

/** Leaves the one of a gateway that was started since. */
export function removePageLink(dir: string, { token }: PageLink): void {
  if (readPageLink(dir)?.token === token) rmSync(path.join(dir, PAGE_LINK), { force: true });
}

/** `undefined`: there is none, or it leads elsewhere than to this machine, as one that came with a folder may. */
export function readPageLink(dir: string): PageLink | undefined {
  const link = jsonIn(readIfThere(path.join(dir, PAGE_LINK)) ?? '');
  if (typeof link !== 'object' || link === null || !('url' in link) || !('token' in link)) return undefined;
  const { url, token } = link;
  if (typeof url !== 'string' || typeof token !== 'string' || !URL.canParse(url) || !isLoopback(url)) return undefined;
  return /^[\w-]{20,}$/u.test(token) ? { url: new URL(url).origin, token } : undefined;
}

/** Text of a file; `undefined` when there is none. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw new PointsmanError('config-invalid', `The file ${file} cannot be read.`, { cause: thrown });
  }
}

/** Writes a file whole or not at all; a new one is readable by its owner only. */
export function writePrivate(file: string, text: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    // A link into a folder of dotfiles stays a link, and a file keeps the mode that its owner gave it.
    const target = existsSync(file) ? realpathSync(file) : file;
    const mode = existsSync(file) ? statSync(file).mode : 0o600;
    writeFileSync(`${target}.new`, text, { mode });
    renameSync(`${target}.new`, target);
  } catch (cause) {
    throw new PointsmanError('config-invalid', `The file ${file} cannot be written.`, {
      cause,
      hint: 'Free space, or make its folder writable.',
    });
  }
}
