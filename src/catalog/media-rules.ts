import type { ImageDetail } from '../domain/media.ts';
import type { Model } from '../domain/model.ts';
import type { Tokens } from '../domain/time.ts';

interface PatchLimit {
  readonly edgePx: number;
  readonly patchCount: number;
}

/** How an image becomes tokens. */
export type ImageRule =
  | {
      readonly kind: 'patches';
      readonly patchPx: number;
      readonly perPatch: number;
      /** By the detail that is asked for; `auto` where it has none of its own. */
      readonly limits: { readonly auto: PatchLimit } & { readonly [Detail in ImageDetail]?: PatchLimit };
    }
  | {
      readonly kind: 'tiles';
      readonly tilePx: number;
      readonly fitPx: number;
      readonly shortPx: number;
      readonly baseTokens: Tokens;
      readonly perTile: Tokens;
    }
  | {
      readonly kind: 'crops';
      readonly perCrop: Tokens;
      readonly smallPx: number;
      readonly minPx: number;
      readonly maxPx: number;
    }
  /** The same for every image. */
  | { readonly kind: 'budget'; readonly tokens: Tokens };

/** How a vendor's models count what is not text. */
export interface MediaRule {
  readonly image: ImageRule;
  /** A page: all of it, or the text beside an image of the page. */
  readonly page: { readonly imageTokens?: Tokens; readonly textTokens: Tokens };
  readonly audioTokensPerSecond: number;
  readonly videoTokensPerSecond: number;
}

/** Sound and moving images where the vendor publishes no rate: Gemini's, the only ones that are published for both. Assumed. */
const SOUND = { audioTokensPerSecond: 32, videoTokensPerSecond: 300 } as const;

/**
 * ⌈w/28⌉ × ⌈h/28⌉ visual tokens (about w·h/750 in earlier pages), after scaling to 1,568 px and 1,568 tokens, or 2,576 px and 4,784
 * tokens from Opus 4.7 on. platform.claude.com, "Images and vision", read 2026-11-29.
 * A page is text beside an image of it: 2,350 tokens measured on 5.5, 2,100 on 4.5 (JOHNISKING/pdf-token-cost, 2026-10-18).
 */
function claude(edgePx: number, patchCount: number, pageTokens: Tokens): MediaRule {
  const image: ImageRule = { kind: 'patches', patchPx: 28, perPatch: 1, limits: { auto: { edgePx, patchCount } } };
  return { image, page: { imageTokens: pageTokens, textTokens: 0 }, ...SOUND };
}

/** Text of a page that stands beside its image; a page of prose holds about 500 words or 650 tokens. Assumed. */
const PAGE_TEXT = { textTokens: 650 } as const;

/** One token for 100 ms of a caller's voice. developers.openai.com, "Realtime costs", read 2026-11-29. */
const OPENAI_SOUND = { audioTokensPerSecond: 10, videoTokensPerSecond: SOUND.videoTokensPerSecond } as const;

/**
 * Base and 512 px tiles, after fitting 2,048 px and a short side of 768 px.
 * developers.openai.com, "Images and vision: calculating costs", read 2026-11-29.
 */
function gptTiles(baseTokens: Tokens, perTile: Tokens): MediaRule {
  const image: ImageRule = { kind: 'tiles', tilePx: 512, fitPx: 2048, shortPx: 768, baseTokens, perTile };
  return { image, page: PAGE_TEXT, ...OPENAI_SOUND };
}

const LOW: PatchLimit = { edgePx: 512, patchCount: 256 };
const WHOLE: PatchLimit = { edgePx: 6000, patchCount: 10_000 };
const HIGH: PatchLimit = { edgePx: 2048, patchCount: 2500 };

/** 32 px patches with a multiplier and a budget; the same page. `auto` from 5.5 on as measured (JOHNISKING/image-token-cost, 2026-10). */
function gptPatches(perPatch: number, auto: PatchLimit): MediaRule {
  const limits = auto.patchCount <= 1536 ? { auto, low: LOW } : { auto, low: LOW, high: HIGH, original: WHOLE };
  return { image: { kind: 'patches', patchPx: 32, perPatch, limits }, page: PAGE_TEXT, ...OPENAI_SOUND };
}

const SMALL: PatchLimit = { edgePx: Number.POSITIVE_INFINITY, patchCount: 1536 };

/** Squares of so many pixels up to a budget, as open-weight models count; pages are images beside their text. */
function squares(patchPx: number, limit: PatchLimit): MediaRule {
  const image: ImageRule = { kind: 'patches', patchPx, perPatch: 1, limits: { auto: limit } };
  return { image, page: PAGE_TEXT, ...SOUND };
}

const NO_EDGE = Number.POSITIVE_INFINITY;

/** By name first to last; names carry dots or dashes, a vendor before them or a date after them. */
const RULES: readonly (readonly [RegExp, MediaRule])[] = [
  [/claude-(?:opus-4[.-][7-9]|(?:opus|sonnet|haiku)-[5-9]|fable)/u, claude(2576, 4784, 2400)],
  [/claude/u, claude(1568, 1568, 2150)],
  [/gpt-4o-mini/u, gptTiles(2833, 5667)],
  [/gpt-4\.1-mini|gpt-5(?:\.4)?-mini/u, gptPatches(1.62, SMALL)],
  [/gpt-4\.1-nano|gpt-5(?:\.4)?-nano/u, gptPatches(2.46, SMALL)],
  [/o4-mini/u, gptPatches(1.72, SMALL)],
  [/\bo[13]\b/u, gptTiles(75, 150)],
  [/gpt-4/u, gptTiles(85, 170)],
  [/gpt-5\.[23]|gpt-5[\d.]*-codex/u, gptPatches(1, SMALL)],
  [/gpt-5\.4/u, gptPatches(1, HIGH)],
  [/gpt-5\.[5-9]/u, gptPatches(1.2, WHOLE)],
  [/gpt-5(?:\.1)?\b/u, gptTiles(70, 140)],
  [/gpt/u, gptPatches(1.2, { edgePx: NO_EDGE, patchCount: NO_EDGE })],
  // 258 tokens a crop and a page; 258 a second of video with its sound. ai.google.dev, "Understand and count tokens", read 2026-11-29.
  [
    /gemini-(?:1|2)/u,
    {
      image: { kind: 'crops', perCrop: 258, smallPx: 384, minPx: 256, maxPx: 768 },
      page: { imageTokens: 258, textTokens: 0 },
      ...SOUND,
    },
  ],
  // The default of `media_resolution`: 1,120 an image, 560 a page, 70 a second of video. ai.google.dev, "Media resolution", read 2026-11-29.
  [
    /gemini/u,
    {
      image: { kind: 'budget', tokens: 1120 },
      page: { imageTokens: 560, textTokens: 0 },
      audioTokensPerSecond: 32,
      videoTokensPerSecond: 70 + 32,
    },
  ],
  // 448 px tiles of 256 tokens and one more, at most six. docs.x.ai, "Image understanding", as reported 2026-03.
  [/grok/u, squares(28, { edgePx: NO_EDGE, patchCount: 7 * 256 })],
  // 32 px a token, 2,560 by default. Qwen3-VL model card, read 2026-11-29.
  [/qwen/u, squares(32, { edgePx: NO_EDGE, patchCount: 2560 })],
  // 14 px patches merged by two, 1,540 px. docs.mistral.ai, "Vision", read 2026-11-29.
  [/mistral|pixtral|magistral/u, squares(28, { edgePx: 1540, patchCount: 3025 })],
  // 336 px tiles of 144 tokens, sixteen and one. Llama 4 model card, read 2026-11-29.
  [/llama/u, squares(28, { edgePx: NO_EDGE, patchCount: 17 * 144 })],
];

/** Nobody says: 14 px patches merged by two are what most open models have. Assumed. */
const UNKNOWN = squares(28, { edgePx: NO_EDGE, patchCount: 4096 });

/** The rule of a model, by its name on the wire; a name that says nothing is read by its family. Pure. */
export function mediaRuleOf({ wireModel, family }: Pick<Model, 'family' | 'wireModel'>): MediaRule {
  const ruleOf = (name: string): MediaRule | undefined => RULES.find(([pattern]) => pattern.test(name))?.[1];
  return ruleOf(wireModel.toLowerCase()) ?? ruleOf(family.toLowerCase()) ?? UNKNOWN;
}
