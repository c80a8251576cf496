import type { ConfigSetting } from './format/config-format.ts';
import { tomlFormat } from './format/toml-format.ts';
import type { ConnectTarget, LaunchedHarness } from './harness.ts';

const TABLE = ['model_providers', 'pointsman'];

function provider(url: string): Readonly<Record<string, string>> {
  return { name: 'pointsman', base_url: `${url}/v1`, wire_api: 'responses' };
}

function settings({ url, token, compactAtTokens }: ConnectTarget): readonly ConfigSetting[] {
  // In the file, so that no variable has to be exported: the desktop app and editors see none of a shell's (2026-11).
  const ours = { ...provider(url), experimental_bearer_token: token };
  return [
    { path: ['model'], value: 'auto' },
    { path: ['model_provider'], value: 'pointsman' },
    ...(compactAtTokens === undefined ? [] : [{ path: ['model_auto_compact_token_limit'], value: compactAtTokens }]),
    ...Object.entries(ours).map(([key, value]) => ({ path: [...TABLE, key], value })),
  ];
}

export const codexHarness: LaunchedHarness = {
  name: 'codex',
  program: 'codex',
  install: 'npm install -g @openai/codex',
  launch: ({ url, token }) => ({
    // Arguments are to be seen by every user of the machine; the token is not.
    env: { POINTSMAN_TOKEN: token },
    unset: [],
    args: Object.entries({ model: 'auto', model_provider: 'pointsman' })
      .concat(
        Object.entries({ ...provider(url), env_key: 'POINTSMAN_TOKEN' }).map(([key, value]) => [
          [...TABLE, key].join('.'),
          value,
        ]),
      )
      .flatMap(([key, value]) => ['-c', `${key}=${JSON.stringify(value)}`]),
  }),
  files: [
    {
      file: '.codex/config.toml',
      moved: { variable: 'CODEX_HOME', file: 'config.toml' },
      format: tomlFormat,
      settings,
      obsolete: [[...TABLE, 'env_key']],
    },
  ],
  // For a model that it does not know it believes in a window of 272,000 tokens, and compacts at nine tenths of it (2026-11).
  compaction: { setting: 'model_auto_compact_token_limit', usualTokens: 245_000, model: 'gpt-6-sol' },
  subscription: 'With a ChatGPT login: sessions go to the gateway instead, and are billed by the token on its keys.',
  note: 'New sessions go through the gateway, in the app and in editors too.',
};
