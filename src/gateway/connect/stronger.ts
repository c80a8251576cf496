import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../domain/json.ts';
import { valueAt } from './format/config-format.ts';
import type { ConnectTarget, Harness, HarnessConfig } from './harness.ts';

/** Where what beats a connection is looked for. */
export interface SettingsAround {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file, by its path below the home or the folder. `undefined`: it is not there. */
  readonly read: (where: 'home' | 'folder', file: string) => string | undefined;
}

/** What a user has set that wins over the files of a connection, a sentence each: it would go on as before, and nobody would see why. */
export function strongerThan(
  harness: Harness,
  target: ConnectTarget,
  { env, read }: SettingsAround,
): readonly string[] {
  const { variables = [], home = [], folder = [] } = harness.stronger ?? {};
  const set = variables.filter((name) => (env[name] ?? '') !== '');
  const [config] = harness.files;
  const places = [
    ...home.map((file) => ({ where: 'home' as const, file })),
    ...folder.map((file) => ({ where: 'folder' as const, file })),
  ];
  return [
    ...(set.length === 0 ? [] : [`Set in this shell, and stronger than this file: ${set.join(', ')}. Unset them.`]),
    ...(config === undefined ? [] : ownVariables(config, variables, read)),
    ...places.flatMap(({ where, file }) => {
      const names = config === undefined ? [] : overruled(config, read(where, file), { target, variables });
      const place = where === 'home' ? `~/${file}` : `${file} of this folder`;
      return names.length === 0 ? [] : [`${place} is read after this file, and states: ${names.join(', ')}.`];
    }),
  ];
}

/** Of the file itself: a setting beside ours that wins over them. */
function ownVariables(
  config: HarnessConfig,
  variables: readonly string[],
  read: SettingsAround['read'],
): readonly string[] {
  const own = readable(config, read('home', config.file));
  const names = variables.filter((name) => valueAt(own, ['env', name]) !== undefined);
  if (valueAt(own, ['apiKeyHelper']) !== undefined) names.push('apiKeyHelper');
  return names.length === 0 ? [] : [`Stated in this file, and stronger than what is added: ${names.join(', ')}.`];
}

function overruled(
  config: HarnessConfig,
  text: string | undefined,
  { target, variables }: { readonly target: ConnectTarget; readonly variables: readonly string[] },
): readonly string[] {
  const other = readable(config, text);
  const ours = config.settings(target).flatMap((setting) => {
    const value = valueAt(other, setting.path);
    const isOther = value !== undefined && 'value' in setting && !isDeepStrictEqual(value, setting.value);
    return isOther ? [setting.path.join('.')] : [];
  });
  const named = variables.filter((name) => valueAt(other, ['env', name]) !== undefined);
  return [...new Set([...ours, ...named.map((name) => `env.${name}`)])];
}

/** What cannot be read states nothing that could be named. */
function readable({ format }: HarnessConfig, text: string | undefined): JsonObject {
  try {
    return text === undefined ? {} : format.read(text);
  } catch {
    return {};
  }
}
