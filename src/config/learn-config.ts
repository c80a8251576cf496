import { z } from 'zod';
import { nanoFromUsd } from '../domain/money.ts';
import { REWARD_CAPS } from '../domain/quality.ts';
import type { ExploreRule } from '../domain/router-policy.ts';
import type { LearnConfig } from './config.ts';

/** How policies are learned, as written. */
export interface LearnFile {
  readonly reward?: string | undefined;
  readonly most?: { readonly usd?: number | undefined; readonly minutes?: number | undefined } | undefined;
  readonly promote?: 'by-hand' | 'by-rule' | undefined;
  readonly canaryShare?: number | undefined;
  readonly explore?:
    | {
        readonly allowedBy: string;
        readonly share?: number | undefined;
        readonly tieRatio?: number | undefined;
        readonly maxUsd?: number | undefined;
      }
    | undefined;
}

const words = z.string().min(1).max(500);

export const learnSchema: z.ZodType = z.strictObject({
  reward: words.optional(),
  /** Of one step: one that went wrong is not to drown all others. */
  most: z
    .strictObject({
      usd: z.number().gt(0, 'must be more than 0').max(1000, 'may be 1000 at most').optional(),
      minutes: z.number().gt(0, 'must be more than 0').max(10_080, 'may be 10080 at most').optional(),
    })
    .optional(),
  promote: z.enum(['by-hand', 'by-rule']).optional(),
  canaryShare: z.number().gt(0, 'must be more than 0').max(0.5, 'may be 0.5 at most').optional(),
  explore: z
    .strictObject({
      /** Whoever is asked why a step went elsewhere finds who said yes to it. */
      allowedBy: words.max(200),
      share: z.number().gt(0, 'must be more than 0').max(0.5, 'may be 0.5 at most').optional(),
      tieRatio: z.number().gt(0, 'must be more than 0').max(0.25, 'may be 0.25 at most').optional(),
      maxUsd: z.number().gt(0, 'must be more than 0').max(1, 'may be 1 at most').optional(),
    })
    .optional(),
});

const CANARY_SHARE = 0.2;
const EXPLORE = { share: 0.1, tieRatio: 0.1, maxUsd: 0.01 };

/** How policies are learned; `undefined`: nobody has said anything of it. */
export function resolveLearn(file: LearnFile | undefined): LearnConfig | undefined {
  if (file === undefined) return undefined;
  const { reward, most, promote = 'by-hand', canaryShare = CANARY_SHARE, explore } = file;
  const caps = most && { usd: most.usd ?? REWARD_CAPS.usd, minutes: most.minutes ?? REWARD_CAPS.minutes };
  return { reward, caps, promote, canaryRatio: canaryShare, explore: explore && resolveExplore(explore) };
}

function resolveExplore(explore: NonNullable<LearnFile['explore']>): ExploreRule {
  const { allowedBy, share = EXPLORE.share, tieRatio = EXPLORE.tieRatio, maxUsd = EXPLORE.maxUsd } = explore;
  return { allowedBy, shareRatio: share, tieRatio, maxNanoUsd: nanoFromUsd(maxUsd) };
}

export const DEFAULT_CANARY_RATIO: number = CANARY_SHARE;
