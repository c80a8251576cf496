import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import { parseConfigFile, type ParsedConfigFile } from './config-file.ts';
import type { Config, StoreConfig } from './config.ts';
import { resolveEndpoints } from './endpoints.ts';
import { parseEnvironment, variableOf, type Environment } from './environment.ts';
import { ownModels } from './own-models.ts';
import { createReferences, untrusted, type References } from './references.ts';
import { Secret } from './secret.ts';
import { resolveTools } from './tools-config.ts';

export interface LoadConfigOptions {
  /** The folder to work in: its own file is read, and paths are relative to it. */
  readonly cwd: string;
  readonly env: Environment;
  /** `--config`: this file and no other; naming it says that it is trusted. */
  readonly file?: string | undefined;
}

const NAMES = ['pointsman.config.yaml', 'pointsman.config.yml', 'pointsman.config.json'];
const DEFAULT_POLICY_ID = 'balanced';
const DEFAULT_STORE_DIR = '.pointsman';

/**
 * The configuration: environment over file over defaults. One file is read: `options.file`, else `POINTSMAN_CONFIG`, else
 * `pointsman.config.yaml|yml|json` of the folder, else `~/.config/pointsman/config.yaml`; none is fine.
 * @throws PointsmanError `config-invalid` with file, line and path, or the variable; `not-found` for a named file
 */
export function loadConfig(options: LoadConfigOptions): Config {
  const { cwd, env } = options;
  const found = findFile(options);
  const file = parseConfigFile(found?.text ?? '', found?.shown ?? 'defaults');
  const trusted = found?.trusted ?? true;
  const references = createReferences(file.document, env, trusted);
  const settings = parseEnvironment(env);
  const endpoints = resolveEndpoints({ file, env, references, trusted });
  const base = found === undefined || !found.inFolder ? cwd : path.dirname(found.path);
  const { values } = file;
  const store = resolveStore(settings.store, file, references, cwd);
  return {
    file: found?.path,
    trusted,
    endpoints,
    models: ownModels(file, endpoints),
    policyId: settings.policy ?? values.policy ?? DEFAULT_POLICY_ID,
    policyDirs: (values.policyDirs ?? []).map((dir) => path.resolve(base, dir)),
    shadowPolicyIds: values.shadows ?? [],
    dial: settings.dial ?? values.dial,
    budgetUsd: settings.budgetUsd ?? values.budgetUsd,
    pool: values.pool?.map((id) => asId<ModelId>(id)),
    pools: new Map(Object.entries(values.pools ?? {}).map(([name, ids]) => [name, ids.map((id) => asId<ModelId>(id))])),
    store,
    keepRecordsDays: resolveKeepDays(file, store, trusted ? undefined : base),
    tools: resolveTools(file, base, trusted),
  };
}

function resolveStore(
  fromEnv: string | undefined,
  file: ParsedConfigFile,
  references: References,
  cwd: string,
): StoreConfig {
  const written = file.values.store;
  const store = fromEnv ?? (written === undefined ? DEFAULT_STORE_DIR : references.expand(written, ['store']));
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(store)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'postgres' && scheme !== 'postgresql') throw unknownStore(scheme);
  if (scheme === undefined) return { kind: 'sqlite', dir: path.resolve(cwd, store) };
  return {
    kind: 'postgres',
    url: new Secret(store, fromEnv === undefined ? 'the configuration' : 'env POINTSMAN_STORE'),
  };
}

/** An address is never taken for the name of a folder. */
function unknownStore(scheme: string): PointsmanError {
  return new PointsmanError('config-invalid', `Nothing can be stored at ${scheme}:// by this version.`, {
    mend: 'Name a folder as the store, with POINTSMAN_STORE or in the config.',
  });
}

/** A folder's own file decides over the records of that folder, and over no others. */
function resolveKeepDays(file: ParsedConfigFile, store: StoreConfig, onlyIn: string | undefined): number | undefined {
  const days = file.values.records?.keepDays;
  if (days === undefined || onlyIn === undefined || store.kind === 'postgres') return days;
  const inside = path.relative(onlyIn, store.dir);
  if (inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside)) return days;
  throw untrusted(file.document, ['records', 'keepDays'], 'it removes records of a store outside its folder');
}

interface FoundFile {
  readonly path: string;
  /** As messages name it. */
  readonly shown: string;
  readonly text: string;
  readonly trusted: boolean;
  /** It lies in a folder whose paths it may mean. */
  readonly inFolder: boolean;
}

function findFile({ cwd, env, file }: LoadConfigOptions): FoundFile | undefined {
  const named = file ?? variableOf(env, 'POINTSMAN_CONFIG');
  if (named !== undefined) {
    const target = path.resolve(cwd, named);
    const text = readIfThere(target);
    if (text === undefined) {
      throw new PointsmanError('not-found', `The configuration file ${named} does not exist.`, {
        mend: 'Check the path.',
      });
    }
    return { path: target, shown: named, text, trusted: true, inFolder: true };
  }
  for (const name of NAMES) {
    const text = readIfThere(path.join(cwd, name));
    if (text !== undefined) return { path: path.join(cwd, name), shown: name, text, trusted: false, inFolder: true };
  }
  const own = userFile(env);
  const text = own === undefined ? undefined : readIfThere(own);
  return own === undefined || text === undefined
    ? undefined
    : { path: own, shown: own, text, trusted: true, inFolder: false };
}

/** `$XDG_CONFIG_HOME/pointsman/config.yaml`, else `~/.config/pointsman/config.yaml`. */
function userFile(env: Environment): string | undefined {
  const home = variableOf(env, 'HOME') ?? variableOf(env, 'USERPROFILE');
  const base = variableOf(env, 'XDG_CONFIG_HOME') ?? (home === undefined ? undefined : path.join(home, '.config'));
  return base === undefined ? undefined : path.join(base, 'pointsman', 'config.yaml');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new PointsmanError('config-invalid', `The configuration file ${file} cannot be read.`, {
      cause: thrown,
      mend: 'Check that it is a text file and that you may read it.',
    });
  }
}
