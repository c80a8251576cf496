import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';

/**
 * What a command finds in its environment: what the runner itself was given, the Node that runs pointsman first on the
 * PATH, and settings that keep programs from waiting for a person and from colouring their output. A git repository above the
 * workspace is not used; how git looks at one inside: `safe-git.ts`.
 */
export function commandEnv(root: string, env: Environment): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return {
    ...given,
    PATH: [path.dirname(process.execPath), given['PATH'] ?? ''].filter((part) => part !== '').join(path.delimiter),
    CI: '1',
    NO_COLOR: '1',
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    GIT_CEILING_DIRECTORIES: path.dirname(root),
  };
}
