import path from 'node:path';

/**
 * What a command finds in its environment: what the runner itself was given, the Node that runs pointsman first on the
 * PATH, and settings that keep programs from waiting for a person, from colouring their output and, for git, from running
 * programs that the workspace's own git config names while they only look. A repository above the workspace is not used.
 */
export function commandEnv(root: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
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
    ...gitConfig({
      'core.fsmonitor': 'false',
      'core.hooksPath': '/dev/null',
      'diff.external': '',
      'core.pager': 'cat',
    }),
  };
}

/** Settings by environment win over those of any file (git-config, GIT_CONFIG_COUNT; git 2.31 and later). */
function gitConfig(settings: Readonly<Record<string, string>>): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(Object.keys(settings).length) };
  for (const [index, [key, value]] of Object.entries(settings).entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}
