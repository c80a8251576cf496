import { expect, test } from 'vitest';
import { shownDiff, withoutSecrets } from './shown-diff.ts';

test('no secret of a harness’s file is shown, neither ours nor its own, coming or going', () => {
  const before = JSON.stringify({ env: { GITHUB_TOKEN: 'ghp-hidden', MODE: 'plain' } }, undefined, 2);
  const after = JSON.stringify(
    { env: { GITHUB_TOKEN: 'ghp-hidden', MODE: 'fast', ANTHROPIC_AUTH_TOKEN: 'pm-hidden' }, apiKey: 'sk-hidden' },
    undefined,
    2,
  );
  for (const shown of [shownDiff(before, after), shownDiff(after, before)]) {
    expect(shown).not.toContain('hidden');
    expect(shown).toContain('"ANTHROPIC_AUTH_TOKEN": "[secret]"');
    expect(shown).toContain('"MODE": "fast"');
  }
});

test('nor one that stands without quotes in a file of variables', () => {
  const before = 'GEMINI_API_KEY=AIza-hidden\nexport OTHER_TOKEN=hidden too\nMAX_TOKEN=200\nMODE=plain\n';
  for (const shown of [shownDiff(before, ''), shownDiff('', before), withoutSecrets(before)]) {
    expect(shown).not.toContain('hidden');
    for (const text of ['GEMINI_API_KEY=[secret]', 'OTHER_TOKEN=[secret]', 'MAX_TOKEN=200', 'MODE=plain'])
      expect(shown).toContain(text);
  }
});

test('nor one that stands without quotes in YAML', () => {
  const before =
    'models:\n  - name: gpt # mine\n    apiKey: sk-hidden\n    requestOptions: { headers: { Authorization: Bearer hidden, X-Team: a } }\n' +
    '    maxTokens: 4096\n    token: 4096\nname: me\n';
  for (const shown of [shownDiff(before, ''), shownDiff('', before), withoutSecrets(before)]) {
    expect(shown).not.toContain('hidden');
    for (const text of [
      'name: gpt # mine',
      'apiKey: [secret]',
      'X-Team: a',
      'maxTokens: 4096',
      'token: 4096',
      'name: me',
    ])
      expect(shown).toContain(text);
  }
});

test('counts of tokens and names of variables are no secrets', () => {
  const text = '"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "200000"\nmax_token = "200000"\nenv_key = "POINTSMAN_TOKEN"\n';
  const shown = shownDiff('', text);
  expect(shown).toContain('"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "200000"');
  expect(shown).toContain('max_token = "200000"');
  expect(shown).toContain('env_key = "POINTSMAN_TOKEN"');
});
