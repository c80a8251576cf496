import { describe, expect, test } from 'vitest';
import { holdsSubscriptionToken } from './subscription-token.ts';

const TOKEN = 'sk-ant-oat01-abc_DEF-123';
const claims = Buffer.from(
  JSON.stringify({ 'https://api.openai.com/auth': { chatgpt_plan_type: 'plus' }, exp: 1 }),
).toString('base64url');
const head = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url');

describe('a subscription token', () => {
  test.each([
    TOKEN,
    `Bearer ${TOKEN}`,
    `bearer\t${TOKEN}`,
    'SK-ANT-OAT01-abc',
    'sk-ant-ort01-refresh',
    `sessionKey=sk-ant-sid01-abc; theme=dark`,
    `?key=sk%2Dant%2Doat01-abc`,
    `Basic ${Buffer.from(`user:${TOKEN}`).toString('base64')}`,
    `Bearer ${head}.${claims}.c2ln`,
    Buffer.from(TOKEN).toString('base64'),
    Buffer.from(TOKEN).toString('base64url'),
    `v1:${Buffer.from(JSON.stringify({ token: TOKEN })).toString('base64')};q=1`,
    Buffer.from(Buffer.from(`a:${TOKEN}`).toString('base64')).toString('base64'),
    encodeURIComponent(Buffer.from(`{"k":"${TOKEN}"}`).toString('base64')),
    Buffer.from(`${head}.${claims}.c2ln`).toString('base64'),
    Buffer.from(TOKEN).toString('hex'),
    Buffer.from(encodeURIComponent(TOKEN).replaceAll('-', '%2D')).toString('base64'),
    `https://proxy.test/v1?token=${TOKEN}`,
  ])('is known in %s', (text) => {
    expect(holdsSubscriptionToken(text)).toBe(true);
  });

  test.each([
    '',
    'sk-ant-api03-abcdef',
    'Bearer sk-proj-1234567890',
    `Bearer ${head}.${Buffer.from('{"sub":"service"}').toString('base64url')}.c2ln`,
    'Basic dXNlcjpwYXNzd29yZA==',
    '100%',
  ])('is not seen in %j', (text) => {
    expect(holdsSubscriptionToken(text)).toBe(false);
  });
});
