import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';
import { complianceAt } from './profile-regions.ts';

const host = { kind: 'bedrock', region: 'eu-central-1', profile: undefined } as const;
const compliance = { soc2: true, inferenceRegions: ['eu-central-1', 'eu'] };
const ARN = 'arn:aws:bedrock:eu-central-1:123456789012:';

test.each([
  ['anthropic.claude-opus-5-5-v1:0', ['eu-central-1', 'eu']],
  [`${ARN}foundation-model/anthropic.claude-opus-5-5-v1:0`, ['eu-central-1', 'eu']],
  ['eu.anthropic.claude-opus-5-5-v1:0', ['eu']],
  ['us.anthropic.claude-opus-5-5-v1:0', ['us']],
  [`${ARN}inference-profile/us.anthropic.claude-opus-5-5-v1:0`, ['us']],
  ['global.anthropic.claude-opus-5-5-v1:0', undefined],
  [`${ARN}inference-profile/global.anthropic.claude-opus-5-5-v1:0`, undefined],
  [`${ARN}application-inference-profile/abc123`, undefined],
])('%s computes in %j', (wireModel, regions) => {
  expect(complianceAt({ host, compliance }, wireModel)).toEqual(
    regions === undefined ? { soc2: true } : { soc2: true, inferenceRegions: regions },
  );
  expect(complianceAt({ host: undefined, compliance }, wireModel)).toBe(compliance);
});

test('a profile of the whole world at an endpoint of the EU vouches for nothing, however the model is written', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'profiles-'));
  const file = path.join(folder, 'c.yaml');
  writeFileSync(
    file,
    `endpoints:
  bedrock: { host: bedrock, region: eu-central-1, models: { claude-opus-5-5: { wireModel: "global.anthropic.claude-opus-5-5-v1:0" } } }
models:
  - { id: own, endpoint: bedrock, wireModel: "global.anthropic.x-v1:0", usdPerMTok: { input: 1, output: 1 }, contextTokens: 1000 }
  - { id: here, endpoint: bedrock, wireModel: "anthropic.x-v1:0", usdPerMTok: { input: 1, output: 1 }, contextTokens: 1000 }
`,
  );
  const { models } = loadConfig({ cwd: folder, env: {}, file });
  rmSync(folder, { recursive: true });
  const regionsOf = (id: string): unknown => models.find((model) => model.id === id)?.compliance.inferenceRegions;
  expect(regionsOf('own')).toBeUndefined();
  expect(regionsOf('bedrock/claude-opus-5-5')).toBeUndefined();
  expect(regionsOf('here')).toEqual(['eu-central-1', 'eu']);
});
