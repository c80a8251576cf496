import { describe, expect, test } from 'vitest';
import { declaredPart, type StepNeed } from '../../domain/need.ts';
import { needPhrase } from './need-phrase.ts';

const read: StepNeed = {
  v: 1,
  kind: { ratios: [0, 1, 0, 0, 0, 0, 0], source: 'local-head' },
  size: { ratios: [1, 0, 0, 0], source: 'local-head' },
  difficulty: { ratios: [0.1, 0.78, 0.12, 0, 0], source: 'local-head' },
  stakes: { ratios: [0.9, 0.1, 0], source: 'local-head' },
  origin: 'person',
  grounds: ['words', 'green tests'],
};

describe('what a step needs, for people', () => {
  test('says how hard, how grave, who read it and from what', () => {
    expect(needPhrase(read)).toBe(
      'difficulty 2 of 5 (78 %), a failure costs minutes (90 %); read locally from the words and the green test run',
    );
  });

  test('names no share of what somebody declared, and says who declared which part', () => {
    const need = { ...read, stakes: declaredPart('stakes', 3) };
    expect(needPhrase(need)).toBe(
      'difficulty 2 of 5 (78 %), a failure costs production, data, money or worse; difficulty read locally from the words and the green test run, stakes declared',
    );
  });

  test('says that words which only follow up took the need of what they follow', () => {
    const taken = { ratios: [0, 0, 0, 0.6, 0.4], source: 'followed' as const };
    const need = { ...read, difficulty: taken, stakes: { ratios: [0, 0, 1], source: 'followed' as const } };
    expect(needPhrase(need)).toContain('difficulty 4 of 5 (60 %)');
    expect(needPhrase(need)).toMatch(/; taken over from the step that it follows$/u);
  });
});
