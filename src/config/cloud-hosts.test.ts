import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { HOST_RULES, wireAt } from './cloud-hosts.ts';
import { loadConfig } from './load-config.ts';

test.each([
  ['bedrock', { vendor: 'anthropic' }, 'anthropic-messages'],
  ['bedrock', { vendor: 'meta' }, 'bedrock-converse'],
  ['bedrock', { wireModel: 'eu.anthropic.claude-sonnet-5-v1:0' }, 'anthropic-messages'],
  ['bedrock', { wireModel: 'us.meta.llama4-maverick-17b-instruct-v1:0' }, 'bedrock-converse'],
  ['bedrock', { wireModel: 'amazon.nova-pro-v1:0' }, 'bedrock-converse'],
  [
    'bedrock',
    { wireModel: 'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0' },
    'bedrock-converse',
  ],
  // Of a profile of the user's own nobody sees what is behind it.
  ['bedrock', { wireModel: 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2' }, undefined],
  ['vertex', { vendor: 'anthropic' }, 'anthropic-messages'],
  ['vertex', { vendor: 'google' }, 'gemini-generate-content'],
  ['vertex', { vendor: 'meta' }, 'openai-chat'],
  ['vertex', {}, undefined],
  ['azure', { vendor: 'openai' }, 'openai-responses'],
  ['azure', {}, 'openai-responses'],
  ['azure', { vendor: 'deepseek' }, 'openai-chat'],
] as const)('%s serves %j by %s', (kind, model, wire) => {
  expect(wireAt({ host: { kind } as never, wires: HOST_RULES[kind].wires }, model)).toBe(wire);
});

test('an endpoint that serves fewer formats serves by one of those', () => {
  const host = { kind: 'bedrock', region: 'eu-west-1', profile: undefined } as const;
  expect(wireAt({ host, wires: ['anthropic-messages'] }, { vendor: 'meta' })).toBe('anthropic-messages');
  expect(wireAt({ wires: ['openai-chat'] }, { vendor: 'anthropic' })).toBe('openai-chat');
});

test.each([
  ['bedrock', 'region: eu-west-1', 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2'],
  ['vertex', 'project: ours', 'some-model'],
])('a model at %s of which nobody sees who made it is asked about', (host, more, wireModel) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pm-maker-'));
  const file = path.join(folder, 'config.yaml');
  const load = (vendor: string): unknown => {
    const row = `{ id: cloud/mine, endpoint: cloud, wireModel: "${wireModel}", ${vendor} usdPerMTok: { input: 1, output: 2 }, contextTokens: 1000 }`;
    writeFileSync(file, `endpoints: { cloud: { host: ${host}, ${more} } }\nmodels:\n  - ${row}\n`);
    return loadConfig({ cwd: folder, env: {}, file }).models.find(({ id }) => id === 'cloud/mine')?.wire;
  };
  try {
    expect(() => load('')).toThrow('does not say whose model it is');
    expect(load('vendor: anthropic,')).toBe('anthropic-messages');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
