import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImageDetail, MediaSize } from '../domain/media.ts';
import { mediaTokens } from './media-tokens.ts';

const image = (widthPx: number, heightPx: number, detail: ImageDetail = 'auto'): MediaSize => ({
  kind: 'image',
  widthPx,
  heightPx,
  detail,
  isAssumed: false,
});
const named = (wireModel: string): { wireModel: string; family: string } => ({ wireModel, family: 'other' });

describe('images', () => {
  // Published examples and counts that others measured at the vendors; a few percent of headroom where a prompt stood beside them.
  test.each<readonly [string, MediaSize, number]>([
    ['claude-haiku-4-5', image(1000, 1000), 1296],
    ['claude-haiku-4-5', image(1920, 1080), 1560],
    ['claude-haiku-4-5', image(4032, 3024), 1568],
    ['claude-opus-5-5', image(1024, 1024), 1369],
    ['claude-opus-5-5', image(1920, 1080), 2691],
    ['anthropic/claude-sonnet-5.5', image(200, 200), 64],
    ['claude-opus-4-8', image(8000, 8000), 4784],
    ['gpt-4o', image(1024, 1024), 765],
    ['gpt-4o', image(2048, 4096), 1105],
    ['gpt-4o', image(4096, 8192, 'low'), 85],
    ['gpt-4.1-mini', image(1024, 1024), 1659],
    ['gpt-5', image(1024, 1024), 630],
    ['gpt-5.4-mini', image(1920, 1080), 2489],
    ['gpt-5.4', image(1024, 1024), 1024],
    ['gpt-5.5', image(1024, 1024), 1229],
    ['gpt-5.5', image(1920, 1080), 2448],
    ['gpt-5.5', image(3840, 2160), 9792],
    ['gpt-6-astra', image(4032, 3024), 14_364],
    ['gpt-6-astra', image(2560, 1440, 'high'), 2765],
    ['gemini-2.5-pro', image(384, 384), 258],
    ['gemini-2.5-pro', image(960, 540), 1548],
    ['gemini-3.8-flash', image(4032, 3024), 1120],
  ])('%s counts %o', (model, size, tokens) => {
    const counted = mediaTokens(named(model), [size]);
    expect(Math.abs(counted - tokens) / tokens, `${counted} of ${tokens}`).toBeLessThan(0.06);
  });

  test('no image of any size weighs more than its vendor’s limit, nor less than a token, on any model', () => {
    const models = [
      'claude-haiku-4-5',
      'claude-opus-5-5',
      'gpt-4o',
      'gpt-5.4',
      'gpt-5.5',
      'gemini-3.1',
      'qwen3.8',
      'x',
    ];
    const px = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(fc.constantFrom(...models), px, px, (model, width, height) => {
        const tokens = mediaTokens(named(model), [image(width, height)]);
        expect(tokens).toBeGreaterThanOrEqual(1);
        expect(tokens).toBeLessThanOrEqual(12_000);
        expect(Number.isInteger(tokens)).toBe(true);
      }),
    );
  });
});

test.each<readonly [string, MediaSize, number, number]>([
  ['claude-opus-5-5', { kind: 'pdf', pageCount: 10, isAssumed: false }, 20_000, 30_000],
  ['claude-haiku-4-5', { kind: 'pdf', pageCount: 1, isAssumed: false }, 2000, 2400],
  ['gemini-3.8-flash', { kind: 'pdf', pageCount: 10, isAssumed: false }, 5600, 5600],
  ['gemini-2.5-flash', { kind: 'pdf', pageCount: 10, isAssumed: false }, 2580, 2580],
  ['gpt-5.5', { kind: 'pdf', pageCount: 2, isAssumed: false }, 3000, 8000],
  ['gemini-3.8-flash', { kind: 'audio', durationMs: 60_000, isAssumed: false }, 1920, 1920],
  ['gpt-5.5', { kind: 'audio', durationMs: 60_000, isAssumed: false }, 600, 600],
  ['gemini-3.8-flash', { kind: 'video', durationMs: 10_000, isAssumed: false }, 1000, 1100],
])('%s counts pages and seconds: %o', (model, size, least, most) => {
  const tokens = mediaTokens(named(model), [size]);
  expect(tokens).toBeGreaterThanOrEqual(least);
  expect(tokens).toBeLessThanOrEqual(most);
});

test('a name that says nothing is counted by its family', () => {
  const size = image(4000, 4000);
  expect(mediaTokens({ wireModel: 'house-1', family: 'claude' }, [size])).toBe(
    mediaTokens(named('claude-haiku-4-5'), [size]),
  );
});
