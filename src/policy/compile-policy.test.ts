import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { isPointsmanError, type PointsmanError } from '../domain/errors.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { compilePolicy } from './compile-policy.ts';
import { parsePolicy } from './policy-file.ts';
import { policyWarnings } from './policy-warnings.ts';
import { withDial } from './with-dial.ts';

const catalog = loadCatalog();

const HEAD = [
  'id: mine',
  'version: 1',
  'summary: For tests.',
  'failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }',
].join('\n');

/** The least a policy says, and `more` from line 5 on. */
function compile(more = ''): RouterPolicy {
  return compilePolicy(parsePolicy(`${HEAD}\n${more}`, 'mine.policy.yaml'), catalog);
}

function errorOf(run: () => unknown): PointsmanError {
  try {
    run();
  } catch (thrown) {
    if (isPointsmanError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error('accepted');
}

test.each(['modl', '5', 'true'])('a reader that is %s is told from those that there are', (reader) => {
  const { message } = errorOf(() => compile(`reader: ${reader}`));
  expect(message).toContain('reader: should be local, model or {');
});

describe('what a policy compiles to', () => {
  test('the least a file can say is a policy without limits', () => {
    expect(compile()).toMatchObject({
      mode: 'enforce',
      dial: 5,
      allowModels: undefined,
      denyModels: [],
      compliance: {},
      budget: { jobNanoUsd: undefined, stepNanoUsd: undefined },
      ladder: { maxRungs: 2 },
    });
  });

  test('amounts in USD become whole nano-USD, minutes become milliseconds', () => {
    const policy = compile(
      'waitingUsdPerSecond: 0.0003\nguards: { familyMarginUsd: 0.1, escalationCooldownMinutes: 1.5 }\nbudget: { jobUsd: 2 }',
    );
    expect(policy.waitingNanoUsdPerSecond).toBe(300_000);
    expect(policy.familyMarginNanoUsd).toBe(100_000_000);
    expect(policy.escalationCooldownMs).toBe(90_000);
    expect(policy.budget.jobNanoUsd).toBe(2_000_000_000);
  });

  test('what is done about risks, and the bound on what words may do, are compiled where they are given', () => {
    const policy = compile('risk: { mode: lane, models: [claude-opus-5-5] }\nguards: { maxUpgradeRatio: 0.25 }');
    expect(policy.risk).toEqual({ mode: 'lane', models: ['claude-opus-5-5'] });
    expect(policy.maxUpgradeRatio).toBe(0.25);
    expect(compile()).not.toHaveProperty('risk');
    const nobody = errorOf(() =>
      compile('models: { deny: [claude-opus-5-5] }\nrisk: { mode: lane, models: [claude-opus-5-5] }'),
    );
    expect(nobody).toMatchObject({ code: 'policy-invalid', message: expect.stringContaining('risky step') as string });
  });

  test('families and open weights are spelled out as the ids of this catalogue', () => {
    const policy = compile('models: { allowFamilies: [claude, glm], openWeightsOnly: true, deny: [glm-4.7] }');
    expect(policy.allowModels).toContain('glm-5.3');
    expect(policy.allowModels?.some((id) => id.startsWith('claude'))).toBe(false);
    expect(policy.denyModels).toEqual(['glm-4.7']);
  });

  test('answers are shared by meaning only where the file says so', () => {
    expect(compile().semanticCache).toBeUndefined();
    expect(compile('responseCache: exact').semanticCache).toBeUndefined();
    expect(compile('responseCache: semantic').semanticCache).toBe(true);
    expect(errorOf(() => compile('responseCache: fuzzy')).code).toBe('policy-invalid');
  });

  test('a shadow policy stays one, and is plain JSON like any other', () => {
    const policy = compile('mode: shadow');
    expect(policy.mode).toBe('shadow');
    expect(JSON.parse(JSON.stringify(policy))).toMatchObject({ id: 'mine', mode: 'shadow' });
  });
});

describe('faults are found at load, with file, line and rule', () => {
  test.each([
    ['unknown key', 'dail: 3', 5, 'dail: there is no setting of this name. Did you mean "dial"?'],
    [
      'unknown key inside',
      'guards:\n  familyMargin: 1',
      6,
      'guards.familyMargin: there is no setting of this name. Did you mean "familyMarginUsd"?',
    ],
    ['unknown kind', 'kinds:\n  codes: {}', 6, 'Did you mean "code"?'],
    [
      'unknown model',
      'models:\n  allow:\n    - claude-opus-5-5\n    - claude-opus-55',
      8,
      'models.allow[1]: unknown model "claude-opus-55". Did you mean "claude-opus-5-5"?',
    ],
    ['unknown model denied', 'models: { deny: [gpt-7] }', 5, 'unknown model "gpt-7"'],
    ['unknown family', 'models: { denyFamilies: [cluade] }', 5, 'unknown family "cluade". Did you mean "claude"?'],
    [
      'unknown model of a kind',
      'kinds:\n  review: { models: [gtp-6-sol] }',
      6,
      'kinds.review.models[0]: unknown model "gtp-6-sol". Did you mean "gpt-6-sol"?',
    ],
    [
      'unknown model in an example',
      'examples:\n  - say: x\n    given: { kind: code, models: [nope-1], success: {} }\n    expect: { decision: stay }',
      7,
      'examples[0].given.models[0]: unknown model',
    ],
    ['negative budget', 'budget: { jobUsd: -1 }', 5, 'budget.jobUsd: must be more than 0'],
    ['zero budget', 'budget: { jobUsd: 0 }', 5, 'must be more than 0'],
    ['infinite budget', 'budget: { jobUsd: .inf }', 5, 'budget.jobUsd'],
    [
      'step above job',
      'budget:\n  jobUsd: 1\n  stepUsd: 2',
      7,
      'budget.stepUsd: one step may cost 2 USD, but the whole job 1.',
    ],
    [
      'lists that leave nothing',
      'models:\n  allow: [gpt-6-sol]\n  denyFamilies: [gpt]',
      5,
      'models: these lists together leave no model.',
    ],
    ['an empty allow list', 'models: { allow: [] }', 5, 'names no model'],
    [
      'a kind that nobody may take',
      'models: { deny: [gpt-6-sol] }\nkinds: { code: { models: [gpt-6-sol] } }',
      6,
      'so no code step could run',
    ],
    [
      'no second family to review',
      'models: { allowFamilies: [gpt] }\nguards: { reviewerOtherFamily: true }',
      6,
      'every admitted model is of the family "gpt"',
    ],
    ['a dial out of range', 'dial: 11', 5, 'dial:'],
    ['a rising dial scale', 'dialFactors: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]', 5, 'must never rise'],
    ['a mode that does not exist', 'mode: shade', 5, 'mode:'],
    ['four rungs', 'ladder: { maxRungs: 4 }', 5, 'must be 1, 2 or 3'],
    ['a region list without regions', 'compliance: { inferenceRegions: [] }', 5, 'compliance.inferenceRegions'],
    ['a key given twice', 'dial: 1\ndial: 2', 6, 'unique'],
  ])('%s', (_name, more, line, expected) => {
    const error = errorOf(() => compile(more));
    expect(error.code).toBe('policy-invalid');
    expect(error.message).toContain(expected);
    expect(error.message).toContain(`mine.policy.yaml:${line}:`);
    expect(error.details['line']).toBe(line);
    expect(error.hint).toBeDefined();
  });

  test.each([
    ['nothing', ''],
    ['a list', '- a'],
    ['text', 'hello'],
    ['broken YAML', 'id: [1'],
    ['two documents', `${HEAD}\n---\n${HEAD}`],
    ['an unknown tag', `${HEAD}\nmode: !!js/function "x"`],
    ['a forbidden id', HEAD.replace('mine', '../../etc')],
    ['a prototype key', `${HEAD}\n__proto__: { dial: 1 }`],
    ['deep nesting', `${HEAD}\nmodels: ${'['.repeat(20_000)}`],
    ['control characters', '\u0000\u0007'],
  ])('%s is policy-invalid', (_name, text) => {
    expect(errorOf(() => parsePolicy(text, 'x')).code).toBe('policy-invalid');
  });

  test('whatever the text, parsing answers or says policy-invalid', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const whole of [text, `${HEAD}\nguards: ${text}`]) {
          try {
            compilePolicy(parsePolicy(whole, 'x'), catalog);
          } catch (thrown) {
            expect(isPointsmanError(thrown) && thrown.code).toBe('policy-invalid');
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('what cannot be done with these models is a warning', () => {
  test('demands that no endpoint meets', () => {
    const policy = compile('compliance: { inferenceRegions: [moon] }');
    expect(policyWarnings(policy, catalog.models)[0]?.code).toBe('no-compliant-model');
  });

  test('a single family left by the demands, and nobody who can call tools', () => {
    const policy = compile('compliance: { inferenceRegions: [eu] }\nguards: { reviewerOtherFamily: true }');
    const european = catalog.models.filter((model) => model.endpoint === 'openai-eu');
    expect(policyWarnings(policy, catalog.models)).toEqual([]);
    expect(policyWarnings(policy, european).map((warning) => warning.code)).toEqual(['one-family']);
    const withoutWords = european.map((model) => ({ ...model, toolCalling: false }));
    expect(policyWarnings(policy, withoutWords).map((warning) => warning.code)).toEqual([
      'no-tool-model',
      'one-family',
    ]);
  });
});

describe('withDial', () => {
  test('sets the dial and nothing else', () => {
    const policy = compile();
    expect(withDial(policy, 0)).toEqual({ ...policy, dial: 0 });
    expect(withDial(policy, 7.5).dial).toBe(7.5);
  });

  test.each([[-0.1], [10.1], [Number.NaN], [Infinity]])('%d is outside', (dial) => {
    expect(errorOf(() => withDial(compile(), dial)).code).toBe('request-invalid');
  });
});
