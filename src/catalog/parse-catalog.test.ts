import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPointsmanError } from '../domain/errors.ts';
import { parseCatalog } from './parse-catalog.ts';

const options = { file: 'models.json', complianceOf: (): object => ({}) };
const row = { id: 'm', endpoint: 'e', usdPerMTok: { input: 1, output: 5 }, contextTokens: 1000 };

function messageOf(rows: unknown): string {
  try {
    parseCatalog(rows, options);
  } catch (thrown) {
    if (isPointsmanError(thrown) && thrown.code === 'catalog-invalid') return thrown.message;
    throw thrown;
  }
  return 'accepted';
}

describe('parseCatalog', () => {
  test('a short row takes the cautious value for all it leaves out', () => {
    const [model] = parseCatalog([row], options);
    expect(model).toMatchObject({
      wireModel: 'm',
      family: 'm',
      vendor: 'e',
      toolCalling: false,
      structuredOutput: false,
      inputModalities: ['text'],
      cacheRule: { kind: 'none' },
      tokenRatio: 1,
      compliance: {},
    });
    expect(model?.prices.base.cacheRead).toBeUndefined();
  });

  test('a model is frontier from 20 USD of output on, unless its row says otherwise', () => {
    const at = (output: number, frontier?: boolean): boolean | undefined =>
      parseCatalog([{ ...row, usdPerMTok: { input: 1, output }, frontier }], options)[0]?.frontier;
    expect([at(19.99), at(20), at(50, false), at(1, true)]).toEqual([false, true, false, true]);
  });

  test('the minimum of the row replaces the minimum of the vendor rule', () => {
    const [model] = parseCatalog([{ ...row, cacheRule: 'anthropic', cacheMinTokens: 4096 }], options);
    expect(model?.cacheRule).toMatchObject({ kind: 'explicit', minTokens: 4096, maxMarkers: 4, lookBackBlocks: 20 });
  });

  test.each([
    ['not a list', {}, 'models is not a list'],
    ['a row that is a number', [7], 'model 1 field ""'],
    ['an unknown field', [{ ...row, contextToken: 5 }], 'unknown field "contextToken". Did you mean "contextTokens"?'],
    ['an unknown price', [{ ...row, usdPerMTok: { input: 1, output: 1, cacheread: 1 } }], '"usdPerMTok.cacheread"'],
    ['a negative price', [{ ...row, usdPerMTok: { input: -1, output: 1 } }], 'field "usdPerMTok.input"'],
    ['a price that is text', [{ ...row, usdPerMTok: { input: '1', output: 1 } }], 'field "usdPerMTok.input"'],
    ['no price', [{ ...row, usdPerMTok: undefined }], 'field "usdPerMTok"'],
    ['an id with a space', [{ ...row, id: 'a b' }], 'a name without spaces'],
    ['an id given twice', [row, row], 'model 2 ("m") is listed twice'],
    ['an unknown cache rule', [{ ...row, cacheRule: 'magic' }], 'field "cacheRule"'],
    ['an infinite context', [{ ...row, contextTokens: Infinity }], 'field "contextTokens"'],
    ['a span over midnight', [{ ...row, peak: { factor: 2, utcHours: [[23, 1]], weekdaysOnly: true } }], 'midnight'],
  ])('%s is an error that names row and field', (_name, rows, expected) => {
    expect(messageOf(rows)).toContain(expected);
  });

  test('tiers must ascend', () => {
    const tier = (aboveTokens: number): object => ({ aboveTokens, usdPerMTok: { input: 1, output: 1 } });
    expect(messageOf([{ ...row, tiers: [tier(5), tier(5)] }])).toContain('must ascend');
    expect(messageOf([{ ...row, tiers: [tier(5), tier(6)] }])).toBe('accepted');
  });

  test('whatever is in the file, the answer is models or catalog-invalid', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.array(fc.record({ id: fc.string(), usdPerMTok: fc.anything() }))),
        (rows) => {
          messageOf(rows);
        },
      ),
      { numRuns: 300 },
    );
  });
});
