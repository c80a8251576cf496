import path from 'node:path';
import type { Environment } from '../domain/environment.ts';

/**
 * Variables that say where a toolchain lies, and what of that place its programs need. No folder in which a package manager
 * keeps its key.
 */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  RUSTUP_HOME: ['.'],
  CARGO_HOME: ['bin', 'registry', 'git'],
  GOROOT: ['.'],
  GOPATH: ['bin', 'pkg'],
  GOMODCACHE: ['.'],
  JAVA_HOME: ['.'],
  DOTNET_ROOT: ['.'],
  PYENV_ROOT: ['.'],
  CONDA_PREFIX: ['.'],
  NVM_DIR: ['versions'],
  VOLTA_HOME: ['bin', 'tools'],
  RBENV_ROOT: ['.'],
  GEM_HOME: ['.'],
  ASDF_DATA_DIR: ['.'],
  MISE_DATA_DIR: ['.'],
};
/** Which one is chosen; no places. */
const CHOICES: readonly string[] = ['RUSTUP_TOOLCHAIN', 'PYENV_VERSION', 'RBENV_VERSION', 'GOFLAGS', 'GOTOOLCHAIN'];

/** What of an environment a command needs to find the toolchains of the machine. */
export function toolchainEnv(env: Environment): Record<string, string> {
  const named = [...Object.keys(PLACES), ...CHOICES].map((name) => [name, env[name]] as const);
  return Object.fromEntries(named.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Where those toolchains lie. A variable that names a home, or what is above one, shows nothing of it but what is named here. */
export function toolchainPlaces(env: Environment, homes: readonly string[]): readonly string[] {
  return Object.entries(PLACES).flatMap(([name, parts]) => {
    const folder = env[name];
    if (folder === undefined || !path.isAbsolute(folder)) return [];
    return parts
      .map((part) => path.join(folder, part))
      .filter((place) => !homes.some((home) => home === place || home.startsWith(withEnd(place))));
  });
}

function withEnd(folder: string): string {
  return folder.endsWith(path.sep) ? folder : folder + path.sep;
}
