import { describe, expect, test } from 'vitest';
import { openSecrets, sealSecrets } from '../../config/secrets-file.ts';
import { createRateLimiter } from '../server/rate-limiter.ts';
import {
  createAccessKey,
  createTokenCheck,
  formatAccessKeys,
  parseAccessKeys,
  type NewAccessKey,
} from './access-keys.ts';

const plain: NewAccessKey = {
  name: 'ci',
  createdAt: 1,
  budgetNanoUsd: undefined,
  policyId: undefined,
  allowModels: ['m'],
  requestsPerMinute: 60,
};

describe('access keys', () => {
  test('a token opens its own key after a round trip through the file, and no other text does', async () => {
    const { key, token } = await createAccessKey(plain);
    const other = await createAccessKey(plain);
    const text = formatAccessKeys([key, other.key]);
    expect(text).not.toContain(token.slice(12));
    const check = createTokenCheck(parseAccessKeys(text));
    expect((await check.check(token))?.id).toBe(key.id);
    expect((await check.check(token))?.allowModels).toEqual(['m']);
    expect(await check.check(`${token.slice(0, -1)}_`)).toBeUndefined();
    expect(await check.check(token.replace(key.id, other.key.id))).toBeUndefined();
    expect(await check.check('')).toBeUndefined();
  });

  test('a damaged file is named as such', () => {
    expect(() => parseAccessKeys('{')).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    expect(() => parseAccessKeys('{"v":1,"keys":[{"id":"x"}]}')).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    );
  });
});

describe('rate limiter', () => {
  test('lets a burst through, then says how long to wait, then refills', () => {
    const limiter = createRateLimiter();
    for (let count = 0; count < 60; count++) expect(limiter.take('k', 60, 0)).toBe(0);
    expect(limiter.take('k', 60, 0)).toBe(1000);
    expect(limiter.take('other', 60, 0)).toBe(0);
    expect(limiter.take('k', 60, 1000)).toBe(0);
    expect(limiter.take('k', 60, 1000)).toBeGreaterThan(0);
  });
});

describe('secrets file', () => {
  test('opens with its passphrase alone and shows nothing without it', () => {
    const text = sealSecrets({ OPENAI_API_KEY: 'sk-very-secret-value' }, 'correct horse');
    expect(text).not.toContain('secret-value');
    expect(openSecrets(text, 'correct horse')).toEqual({ OPENAI_API_KEY: 'sk-very-secret-value' });
    expect(() => openSecrets(text, 'wrong horse')).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    const tampered = text.replace(/"data": "./u, '"data": "A');
    expect(() => openSecrets(tampered === text ? '{}' : tampered, 'correct horse')).toThrow(/cannot be opened/u);
  });
});
