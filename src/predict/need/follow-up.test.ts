import { expect, test } from 'vitest';
import { declaredPart, type StepNeed } from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import { followedNeed, isFollowUp } from './follow-up.ts';

function need(kind: StepKind, size: 'one' | 'many', difficulty: 1 | 4): StepNeed {
  return {
    v: 1,
    kind: declaredPart('kind', kind),
    size: declaredPart('size', size),
    difficulty: declaredPart('difficulty', difficulty),
    stakes: declaredPart('stakes', difficulty === 4 ? 3 : 1),
    origin: 'person',
    grounds: ['words'],
  };
}

test('work that goes on is of the kind, size, difficulty and stakes that it was', () => {
  const [read, before] = [need('other', 'one', 1), need('code', 'many', 4)];
  const follows = followedNeed(read, before);
  for (const part of ['kind', 'size', 'difficulty', 'stakes'] as const) {
    expect(follows[part]).toEqual({ ratios: before[part].ratios, source: 'followed' });
  }
  expect(follows.grounds).toEqual(['follow-up']);
});

test('what follows an approved plan is as hard and grave as the plan, of the kind and size that is read', () => {
  const [read, plan] = [need('code', 'many', 1), need('plan', 'one', 4)];
  const follows = followedNeed(read, plan);
  expect([follows.kind, follows.size]).toEqual([read.kind, read.size]);
  expect(follows.difficulty.ratios).toEqual(plan.difficulty.ratios);
  expect(follows.stakes.ratios).toEqual(plan.stakes.ratios);
});

test.each([
  [
    'English',
    'yes / go ahead / yes, go / do it / ok, do that / sounds good / continue / keep going / lgtm, go / once more / carry on',
  ],
  [
    'English of the rest',
    'same for the other two / and the other ones too / do the same for these three / the rest as well, same thing',
  ],
  [
    'German',
    'ja, mach / mach weiter / genau so für die anderen / das gleiche für den Rest / passt, los / einverstanden',
  ],
  ['Spanish', 'sí, dale / adelante / hazlo / sigue / lo mismo con los demás / de acuerdo'],
  ['French', 'oui, vas-y / continue / pareil pour les autres / d’accord / allez'],
  ['Portuguese', 'sim / pode ir / continua / o mesmo para os outros / manda ver'],
  ['Italian', 'sì, vai / procedi / lo stesso per gli altri / va bene'],
  ['Dutch', 'ja, ga door / doe maar / hetzelfde voor de rest'],
  ['Polish', 'tak, zrób to / dalej / to samo dla reszty'],
  ['Russian', 'да, давай / продолжай / то же самое для остальных / хорошо'],
  ['Turkish', 'evet, devam et / tamam / diğerleri için de aynısı'],
  ['Vietnamese', 'có / làm đi / tiếp tục / tương tự cho hai cái còn lại'],
  ['Hindi', 'haan karo / theek hai, karo / baaki ke liye bhi same / हाँ, जारी रखो'],
  ['Arabic', 'نعم / نعم، تابع / استمر / نفس الشيء للباقي / حسنا'],
  ['Chinese', '好 / 好的，继续 / 其他的也一样 / 可以，做吧'],
  ['Japanese', 'はい / 続けて / お願いします / 残りも同じように / やって'],
  ['Korean', '네 / 계속해 / 나머지도 똑같이 / 그래 진행해'],
])('words that take up what stands before them: %s', (_language, texts) => {
  expect(texts.split(' / ').filter((text) => !isFollowUp(text))).toEqual([]);
});

test.each([
  'yes, but use postgres',
  'continue button is broken',
  'the next button does nothing',
  'next week',
  'go back',
  'same bug in the parser, fix it',
  'again it crashes',
  'all tests fail',
  'first run the linter',
  'ok now deploy',
  'try the other one',
  'make it faster',
  'is that right?',
  'continue?',
  'the same for the rest?',
  'ok thanks',
  'bas karo',
  'gracias',
  'ja, aber ohne Tests',
  'да нет, удали',
  '继续按钮坏了',
  '谢谢',
  'ありがとう',
  'no',
  '',
])('words that ask for something of their own, or close: %s', (text) => {
  expect(isFollowUp(text)).toBe(false);
});
