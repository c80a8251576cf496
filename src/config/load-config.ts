import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import { faultAt, type YamlPath } from '../policy/yaml-document.ts';
import type { FolderGate } from '../trust/folder-gate.ts';
import { liesIn } from '../trust/real-path.ts';
import { STORE_NAME } from '../trust/store-name.ts';
import { userConfigDir, userStoreDir } from '../trust/user-folders.ts';
import { parseConfigFile, type ParsedConfigFile } from './config-file.ts';
import type { Config, StoreConfig } from './config.ts';
import { isLoopback, resolveEndpoints } from './endpoints.ts';
import { parseEnvironment, variableOf } from './environment.ts';
import { resolveLearn } from './learn-config.ts';
import { ownModels } from './own-models.ts';
import { createReferences, type References } from './references.ts';
import { readRefreshedFile } from './refreshed-file.ts';
import { Secret } from './secret.ts';
import { resolveSteps } from './steps-config.ts';
import { resolveTeams } from './teams-config.ts';
import { resolveTools } from './tools-config.ts';

export interface LoadConfigOptions {
  /** The folder to work in; paths are relative to it. */
  readonly cwd: string;
  readonly env: Environment;
  /** `--config`: this file and no other; naming it says that it is trusted. */
  readonly file?: string | undefined;
  /** Says whether the folder's own file and store may be used. Absent: its file is not looked at. */
  readonly gate?: FolderGate | undefined;
}

const DEFAULT_POLICY_ID = 'balanced';

/**
 * The configuration: environment over file over defaults. One file is read: `options.file`, else `POINTSMAN_CONFIG`, else
 * the folder's own where the gate admits it, else `~/.config/pointsman/config.yaml`; none is fine.
 * @throws PointsmanError `config-invalid` with file, line and path, or the variable; `not-found` for a named file
 */
export function loadConfig(options: LoadConfigOptions): Config {
  const { cwd, env } = options;
  const found = findFile(options);
  const file = parseConfigFile(found?.text ?? '', found?.shown ?? 'defaults');
  const references = createReferences(file.document, env);
  const settings = parseEnvironment(env);
  const base = found === undefined || found.origin === 'user' ? cwd : path.dirname(found.path);
  const absolute = (name: string): string => path.resolve(base, name);
  const readFile = (name: string, at: YamlPath): string => readNamed(absolute(name), { file, at, seen: found?.seen });
  const endpoints = resolveEndpoints({ file, env, references, readFile });
  const { values } = file;
  const refreshed = readRefreshedFile(env);
  const store = resolveStore(settings.store, file, references, options);
  return {
    file: found?.path,
    fileOrigin: found?.origin,
    endpoints,
    models: ownModels(file, endpoints, refreshed),
    refreshed,
    policyId: settings.policy ?? values.policy ?? DEFAULT_POLICY_ID,
    seenFiles: found?.seen,
    policyDirs: (values.policyDirs ?? []).map((dir) => path.resolve(base, dir)),
    shadowPolicyIds: values.shadows ?? [],
    dial: settings.dial ?? values.dial,
    budgetUsd: settings.budgetUsd ?? values.budgetUsd,
    pool: values.pool?.map((id) => asId<ModelId>(id)),
    pools: new Map(Object.entries(values.pools ?? {}).map(([name, ids]) => [name, ids.map((id) => asId<ModelId>(id))])),
    store,
    keepWords: values.records?.words ?? false,
    ...resolveKeeping(file, store, found?.origin === 'folder' ? base : undefined),
    tools: resolveTools(file, base),
    hands: values.hands,
    steps: resolveSteps(values.steps),
    reward: values.reward,
    ...resolveAlarms(file, references),
    learn: resolveLearn(values.learn),
    ...resolveTeams(values.teams),
  };
}

const LEAST_SECRET = 16;

/** Signed messages go to one place over TLS, or to this machine. */
function resolveAlarms(file: ParsedConfigFile, references: References): Pick<Config, 'alarms'> {
  const { alarms } = file.values;
  if (alarms === undefined) return {};
  const at = ['alarms', 'webhook'];
  const url = references.expand(alarms.webhook, at);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && isLoopback(url))))
    throw faultAt(
      file.document,
      at,
      'it is neither an https address nor one of this machine.',
      'Write the whole address.',
    );
  if (parsed.username !== '' || parsed.password !== '')
    throw faultAt(file.document, at, 'it holds a password.', 'Messages are signed: alarms.secret is enough.');
  const secret = references.expandSecret(alarms.secret, ['alarms', 'secret']);
  if (secret.reveal().length < LEAST_SECRET)
    throw faultAt(
      file.document,
      ['alarms', 'secret'],
      `it has fewer than ${LEAST_SECRET} characters.`,
      'Take a longer one.',
    );
  return { alarms: { url, secret } };
}

interface NamedIn {
  readonly file: ParsedConfigFile;
  readonly at: YamlPath;
  readonly seen: ReadonlyMap<string, string> | undefined;
}

function readNamed(place: string, { file, at, seen }: NamedIn): string {
  const text = seen === undefined ? readIfThere(place) : seen.get(place);
  if (text !== undefined) return text;
  throw faultAt(file.document, at, 'there is no such file.', 'Paths start at the folder of the configuration file.');
}

function resolveStore(
  fromEnv: string | undefined,
  file: ParsedConfigFile,
  references: References,
  { cwd, env, gate }: LoadConfigOptions,
): StoreConfig {
  const written = file.values.store;
  const store =
    fromEnv ??
    (written === undefined
      ? (gate?.storeDir(cwd) ?? userStoreDir(env) ?? STORE_NAME)
      : references.expand(written, ['store']));
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(store)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'postgres' && scheme !== 'postgresql') throw unknownStore(scheme);
  if (scheme === undefined) {
    const dir = path.resolve(cwd, store);
    // Without a folder of the user's there is no other store that it could be merged into.
    const isUnnamed = fromEnv === undefined && written === undefined && userStoreDir(env) !== undefined;
    const isFound = isUnnamed && dir === path.resolve(cwd, STORE_NAME);
    return { kind: 'sqlite', dir, ...(isFound ? { isFound } : {}) };
  }
  return {
    kind: 'postgres',
    url: new Secret(store, fromEnv === undefined ? 'the configuration' : 'env POINTSMAN_STORE'),
  };
}

/** An address is never taken for the name of a folder. */
function unknownStore(scheme: string): PointsmanError {
  return new PointsmanError('config-invalid', `Nothing can be stored at ${scheme}:// by this version.`, {
    hint: 'Name a folder as the store, with POINTSMAN_STORE or in the config.',
  });
}

const KEEP_RECORDS_DAYS = 30;
const MAX_RECORDS_MEGABYTES = 2000;

/** A folder's own file decides over the records of that folder, and over no others. */
function resolveKeeping(
  file: ParsedConfigFile,
  store: StoreConfig,
  onlyIn: string | undefined,
): Pick<Config, 'maxRecordsBytes' | 'keepRecordsDays'> {
  const { keepDays = KEEP_RECORDS_DAYS, maxMegabytes = MAX_RECORDS_MEGABYTES } = file.values.records ?? {};
  const removing = (['keepDays', 'maxMegabytes'] as const).find((name) => {
    const said = file.values.records?.[name];
    return said !== undefined && said !== 'forever';
  });
  const isElsewhere = onlyIn !== undefined && store.kind === 'sqlite' && !liesIn(store.dir, onlyIn);
  if (removing !== undefined && isElsewhere) {
    throw faultAt(
      file.document,
      ['records', removing],
      'it would remove records of a store outside its folder.',
      `State it in your own config.yaml, give the folder a store of its own ("store: ${STORE_NAME}"), or name the file with --config.`,
    );
  }
  return {
    maxRecordsBytes: maxMegabytes * 1_000_000,
    keepRecordsDays: keepDays === 'forever' ? undefined : keepDays,
  };
}

interface FoundFile {
  readonly path: string;
  /** As messages name it. */
  readonly shown: string;
  readonly text: string;
  readonly origin: 'named' | 'folder' | 'user';
  /** As `Config.seenFiles`. */
  readonly seen?: ReadonlyMap<string, string>;
}

function findFile(options: LoadConfigOptions): FoundFile | undefined {
  const { cwd, env, file } = options;
  const named = file ?? variableOf(env, 'POINTSMAN_CONFIG');
  return named === undefined ? (folderFile(options) ?? userFile(env)) : namedFile(named, cwd);
}

function namedFile(named: string, cwd: string): FoundFile {
  const target = path.resolve(cwd, named);
  const text = readIfThere(target);
  if (text !== undefined) return { path: target, shown: named, text, origin: 'named' };
  throw new PointsmanError('not-found', `The configuration file ${named} does not exist.`, { hint: 'Check the path.' });
}

function folderFile({ cwd, gate }: LoadConfigOptions): FoundFile | undefined {
  const admission = gate?.admit(cwd);
  if (admission?.isTrusted !== true) return undefined;
  const found = admission.brought.find(({ kind }) => kind === 'configuration');
  if (found === undefined) return undefined;
  const place = path.resolve(cwd, found.name);
  if (found.text === undefined) throw unreadable(place);
  const seen = admission.brought.flatMap(({ file, text }) =>
    text === undefined ? [] : [[path.resolve(cwd, path.relative(admission.folder, file)), text] as const],
  );
  return { path: place, shown: found.name, text: found.text, origin: 'folder', seen: new Map(seen) };
}

function userFile(env: Environment): FoundFile | undefined {
  const dir = userConfigDir(env);
  const own = dir === undefined ? undefined : path.join(dir, 'config.yaml');
  const text = own === undefined ? undefined : readIfThere(own);
  return own === undefined || text === undefined ? undefined : { path: own, shown: own, text, origin: 'user' };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(file, thrown);
  }
}

function unreadable(file: string, cause?: unknown): PointsmanError {
  return new PointsmanError('config-invalid', `The configuration file ${file} cannot be read.`, {
    cause,
    hint: 'Check that it is a text file and that you may read it.',
  });
}
