import { describe, expect, test } from 'vitest';
import { handsSchema, isHand, parseHands } from './hands-choice.ts';

describe('who carries out steps', () => {
  test.each<readonly [readonly string[], ReturnType<typeof parseHands>]>([
    [[], undefined],
    [['own'], 'own'],
    [['claude-code'], 'claude-code'],
    [['acp:my-agent --acp'], 'acp:my-agent --acp'],
    [['acp:/opt/x/agent -c a=1'], 'acp:/opt/x/agent -c a=1'],
    [['code=codex'], { code: 'codex' }],
    [['code=codex,review=acp:gemini', 'test=own'], { code: 'codex', review: 'acp:gemini', test: 'own' }],
  ])('is said as %j', (texts, expected) => expect(parseHands(texts)).toEqual(expected));

  test.each([
    'emacs',
    'acp:',
    'acp: gemini',
    'acp:../agent',
    'acp:./agent',
    'acp:a\nb',
    'acp:a  b',
    'dance=codex',
    'code=',
    'code=emacs',
    'codex,own',
    'ACP:gemini',
    '__proto__=own',
  ])('is not said as %j', (text) => {
    expect(() => parseHands([text])).toThrow(/--hands takes/u);
    expect(isHand(text)).toBe(false);
  });

  test('is the same in a file', () => {
    expect(handsSchema.safeParse('acp:gemini').success).toBe(true);
    expect(handsSchema.safeParse({ code: 'codex', review: 'own' }).success).toBe(true);
    for (const wrong of ['emacs', { dance: 'own' }, { code: 'emacs' }, 7, ['own'], null])
      expect(handsSchema.safeParse(wrong).success).toBe(false);
  });
});
