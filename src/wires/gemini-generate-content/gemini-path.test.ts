import { describe, expect, test } from 'vitest';
import { geminiCountPath, geminiPath, readGeminiPath } from './gemini-path.ts';

const VERTEX = 'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google';

describe('the address of a call', () => {
  test.each([
    ['https://generativelanguage.googleapis.com', '/v1beta/models/m'],
    ['https://generativelanguage.googleapis.com/v1beta/', '/v1beta/models/m'],
    ['https://generativelanguage.googleapis.com/v1beta/openai', '/v1beta/models/m'],
    ['https://generativelanguage.googleapis.com/v1', '/v1/models/m'],
    [VERTEX, `${new URL(VERTEX).pathname}/models/m`],
  ])('at %s lies below %s', (baseUrl, head) => {
    expect(geminiPath(baseUrl, { model: 'm', isStream: false, search: '' })).toBe(`${head}:generateContent`);
    expect(geminiPath(baseUrl, { model: 'm', isStream: true, search: '' })).toBe(
      `${head}:streamGenerateContent?alt=sse`,
    );
    expect(geminiCountPath(baseUrl, { model: 'm', search: '' })).toBe(`${head}:countTokens`);
  });

  test('keeps what its caller asked for beside the form of a stream, which is events towards the vendor', () => {
    const call = { model: 'm', isStream: true, search: '?alt=json&prettyPrint=false' };
    expect(geminiPath('https://g', call)).toBe('/v1beta/models/m:streamGenerateContent?prettyPrint=false&alt=sse');
  });

  test.each(['gemini-3.8-flash', 'openai/gpt-5.5', 'qwen3-coder:30b', 'ünïcode [1m]', 'tunedModels/my-own'])(
    'gives %s back as it was',
    (model) => {
      const path = geminiPath('https://g', { model, isStream: false, search: '' });
      expect(readGeminiPath(path)).toEqual({ model, method: 'generateContent' });
    },
  );

  test('a tuned model stays in its collection', () => {
    expect(readGeminiPath('/v1beta/tunedModels/own-1:generateContent')?.model).toBe('tunedModels/own-1');
    expect(geminiPath('https://g', { model: 'tunedModels/own-1', isStream: false, search: '' })).toBe(
      '/v1beta/tunedModels/own-1:generateContent',
    );
  });

  test.each([
    '/v1beta/models',
    '/v1beta/models/m',
    '/v1beta/models/m:embedContent',
    '/v1/messages',
    '/v1beta/files/x:generateContent',
  ])('%s is none', (path) => {
    expect(readGeminiPath(path)).toBeUndefined();
  });
});
