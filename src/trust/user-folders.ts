import path from 'node:path';
import type { Environment } from '../domain/environment.ts';

/** `$XDG_DATA_HOME/pointsman`, else `~/.local/share/pointsman`; `undefined`: this user has no folder of their own. */
export function userDataDir(env: Environment): string | undefined {
  return userDir(env, 'XDG_DATA_HOME', path.join('.local', 'share'));
}

/** The one store of all folders, where the user names no other; `undefined`: this user has no folder of their own. */
export function userStoreDir(env: Environment): string | undefined {
  const dir = userDataDir(env);
  return dir === undefined ? undefined : path.join(dir, 'store');
}

/** `$XDG_CONFIG_HOME/pointsman`, else `~/.config/pointsman`. */
export function userConfigDir(env: Environment): string | undefined {
  return userDir(env, 'XDG_CONFIG_HOME', '.config');
}

/** A relative path in these variables is no folder of the user's: it would lie in the folder that is judged. */
function userDir(env: Environment, variable: string, usual: string): string | undefined {
  const named = env[variable]?.trim() ?? '';
  if (path.isAbsolute(named)) return path.join(named, 'pointsman');
  const home = userHome(env);
  return home === undefined ? undefined : path.join(home, usual, 'pointsman');
}

/** `undefined`: no variable names an absolute one. */
export function userHome(env: Environment): string | undefined {
  return [env['HOME'], env['USERPROFILE']].find((folder) => folder !== undefined && path.isAbsolute(folder));
}
