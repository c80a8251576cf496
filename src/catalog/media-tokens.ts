import type { ImageDetail, MediaSize } from '../domain/media.ts';
import type { Model } from '../domain/model.ts';
import type { Tokens } from '../domain/time.ts';
import { mediaRuleOf, type ImageRule, type MediaRule } from './media-rules.ts';

/** Letter paper at 144 dots an inch: what a page becomes where the vendor shows it to the model as an image. Assumed. */
const PAGE = { widthPx: 1224, heightPx: 1584 } as const;

/** What media weigh in a prompt of `model`, in the model's own tokens, by its vendor's published rule. Pure. */
export function mediaTokens(model: Pick<Model, 'family' | 'wireModel'>, sizes: readonly MediaSize[]): Tokens {
  if (sizes.length === 0) return 0;
  const rule = mediaRuleOf(model);
  return sizes.reduce((sum, size) => sum + Math.ceil(tokensOf(rule, size)), 0);
}

function tokensOf(rule: MediaRule, size: MediaSize): Tokens {
  switch (size.kind) {
    case 'image':
      return imageTokens(rule.image, size);
    case 'pdf':
      return size.pageCount * pageTokens(rule);
    case 'audio':
      return (size.durationMs / 1000) * rule.audioTokensPerSecond;
    case 'video':
      return (size.durationMs / 1000) * rule.videoTokensPerSecond;
  }
}

function pageTokens({ image, page }: MediaRule): Tokens {
  return page.imageTokens ?? page.textTokens + imageTokens(image, { ...PAGE, detail: 'high' });
}

interface DetailedPixels {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly detail: ImageDetail;
}

function imageTokens(rule: ImageRule, pixels: DetailedPixels): Tokens {
  switch (rule.kind) {
    case 'patches':
      return patchTokens(rule, pixels);
    case 'tiles':
      return pixels.detail === 'low' ? rule.baseTokens : rule.baseTokens + rule.perTile * tileCount(rule, pixels);
    case 'crops':
      return rule.perCrop * cropCount(rule, pixels);
    case 'budget':
      return rule.tokens;
  }
}

/** Fits the longest edge, then counts squares; more of them than the budget are scaled down to it. */
function patchTokens(
  rule: Extract<ImageRule, { kind: 'patches' }>,
  { widthPx, heightPx, detail }: DetailedPixels,
): Tokens {
  const limit = rule.limits[detail] ?? rule.limits.auto;
  const scale = Math.min(1, limit.edgePx / Math.max(widthPx, heightPx));
  const patches = Math.ceil((widthPx * scale) / rule.patchPx) * Math.ceil((heightPx * scale) / rule.patchPx);
  return Math.ceil(Math.min(Math.max(1, patches), limit.patchCount) * rule.perPatch);
}

/** Fits a square, then the short side, then counts tiles. */
function tileCount(rule: Extract<ImageRule, { kind: 'tiles' }>, { widthPx, heightPx }: DetailedPixels): number {
  const fit = Math.min(1, rule.fitPx / Math.max(widthPx, heightPx));
  const short = Math.min(1, rule.shortPx / (Math.min(widthPx, heightPx) * fit));
  const tiles = (px: number): number => Math.ceil((px * fit * short) / rule.tilePx);
  return Math.max(1, tiles(widthPx) * tiles(heightPx));
}

/** One crop for a small image; else squares of two thirds of the short side, within bounds. */
function cropCount(rule: Extract<ImageRule, { kind: 'crops' }>, { widthPx, heightPx }: DetailedPixels): number {
  if (widthPx <= rule.smallPx && heightPx <= rule.smallPx) return 1;
  const third = Math.floor(Math.min(widthPx, heightPx) / 1.5);
  const cropPx = Math.max(rule.minPx, Math.min(rule.maxPx, third));
  return Math.ceil(widthPx / cropPx) * Math.ceil(heightPx / cropPx);
}
