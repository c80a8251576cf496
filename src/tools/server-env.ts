import { DEFAULT_INHERITED_ENV_VARS } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Environment } from '../domain/environment.ts';

/** All that a tool server needs to run at all. Keys and tokens reach it only where its own entry names them. */
const ALWAYS: readonly string[] =
  process.platform === 'win32'
    ? [
        'PATH',
        'PATHEXT',
        'SYSTEMROOT',
        'SYSTEMDRIVE',
        'COMSPEC',
        'TEMP',
        'TMP',
        'USERPROFILE',
        'APPDATA',
        'LOCALAPPDATA',
      ]
    : ['HOME', 'LANG', 'PATH', 'TERM', 'TMPDIR'];

/**
 * The environment of a tool server. The SDK adds some variables of its own accord: those are set to `undefined`, which
 * Node leaves out.
 */
export function serverEnv(env: Environment, named: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string | undefined> = {};
  for (const name of DEFAULT_INHERITED_ENV_VARS) result[name] = undefined;
  for (const name of ALWAYS) result[name] = env[name];
  return { ...result, ...named } as Record<string, string>;
}
