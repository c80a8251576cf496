import { createRandom } from './random.ts';
import type { StudyModel } from './small-study.ts';

/** A synthetic session of the large study: one entry per call. */
export interface LargeSession {
  readonly prefixTokens: readonly number[];
  readonly outputTokens: readonly number[];
  readonly atSeconds: readonly number[];
  /** 0: either model will do; 1: the frontier is needed. */
  readonly need: readonly number[];
}

function model(
  id: string,
  prices: readonly [number, number, number, number],
  ttlSeconds: number,
  hitRatio: number,
): Omit<StudyModel, 'tier'> {
  const [input, output, read, write] = prices;
  return { id, input, output, read, write, ttlSeconds, hitRatio };
}

/** Prices (input, output, read, write), lifetimes and hit rates of the reference study. */
const MODELS = {
  'opus-5.5': model('opus-5.5', [4, 20, 0.2, 5], 300, 1),
  'opus-4.8': model('opus-4.8', [5, 25, 0.5, 6.25], 300, 1),
  'sonnet-5': model('sonnet-5', [2, 10, 0.2, 2.5], 300, 1),
  'haiku-4.5': model('haiku-4.5', [1, 5, 0.1, 1.25], 300, 1),
  'gpt-6-sol': model('gpt-6-sol', [2, 10, 0.2, 2.5], 1800, 0.97),
  'gpt-6-luna': model('gpt-6-luna', [0.1, 0.5, 0.01, 0.125], 1800, 0.97),
  'deepseek-v4-pro': model('deepseek-v4-pro', [0.66, 1.98, 0.022, 0.66], 7200, 0.95),
  'glm-5.3': model('glm-5.3', [1.4, 4.4, 0.26, 1.4], 600, 0.9),
  'kimi-k3': model('kimi-k3', [3, 15, 0.3, 3], 600, 0.95),
} as const;

export interface LargePair {
  readonly name: string;
  readonly cheap: StudyModel;
  readonly frontier: StudyModel;
}

const pair = (name: string, cheap: keyof typeof MODELS, frontier: keyof typeof MODELS): LargePair => ({
  name,
  cheap: { ...MODELS[cheap], tier: 0 },
  frontier: { ...MODELS[frontier], tier: 1 },
});

export const PAIRS: readonly LargePair[] = [
  pair('haiku-opus55', 'haiku-4.5', 'opus-5.5'),
  pair('haiku-opus48', 'haiku-4.5', 'opus-4.8'),
  pair('sonnet5-opus48', 'sonnet-5', 'opus-4.8'),
  pair('luna-sol', 'gpt-6-luna', 'gpt-6-sol'),
  pair('luna-opus55', 'gpt-6-luna', 'opus-5.5'),
  pair('deepseek-opus55', 'deepseek-v4-pro', 'opus-5.5'),
  pair('glm-opus55', 'glm-5.3', 'opus-5.5'),
  pair('kimi-opus48', 'kimi-k3', 'opus-4.8'),
];

const clip = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/**
 * Sessions of 10–80 calls whose prefix grows from 5–20k to 66k on average, answers of 350 tokens (median, log-normal),
 * needs as a two-state Markov chain (60 % easy, easy runs of 4 on average, the first call hard), gaps fitted to 4,684
 * measured switch-backs (median 10 s, 3 % above 5 min). Same draws in the same order as the reference, so the same
 * sessions come from the same seed.
 */
export function largeSessions(seed: number, count: number): readonly LargeSession[] {
  const random = createRandom(seed * 7919);
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const logNormal = (median: number, sigma: number): number => median * Math.exp(sigma * gauss());
  const gap = (): number => {
    const draw = random();
    if (draw < 0.965) return logNormal(10, 1);
    return draw < 0.985 ? logNormal(600, 0.6) : logNormal(10_800, 1);
  };
  const session = (): LargeSession => {
    const callCount = Math.round(clip(logNormal(30, 0.55), 10, 80));
    let prefix = Math.round(clip(logNormal(9000, 0.45), 5000, 20_000));
    const target = clip(logNormal(65_000, 0.45), 25_000, 120_000);
    const perCall = Math.max(200, (target - prefix) / callCount);
    const prefixTokens: number[] = [];
    const outputTokens: number[] = [];
    const atSeconds: number[] = [];
    const need: number[] = [];
    const leaveEasy = 1 / 4;
    const leaveHard = Math.min(1, (leaveEasy * 0.6) / (1 - 0.6));
    let isEasy = false;
    let now = 0;
    for (let index = 0; index < callCount; index += 1) {
      prefixTokens.push(Math.round(prefix));
      const output = Math.round(clip(logNormal(350, 0.8), 40, 6000));
      outputTokens.push(output);
      atSeconds.push(now);
      need.push(isEasy ? 0 : 1);
      random(); // The reference draws a difficulty here.
      const tool = (logNormal(1, 0.9) / Math.exp(0.405)) * Math.max(100, perCall - 450);
      prefix = Math.min(120_000, prefix + output + Math.max(30, tool));
      now += gap();
      now += output / 70;
      isEasy = isEasy ? random() >= leaveEasy : random() < leaveHard;
    }
    return { prefixTokens, outputTokens, atSeconds, need };
  };
  return Array.from({ length: count }, session);
}
