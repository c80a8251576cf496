import type { Ms, Ratio, Tokens } from '../domain/time.ts';

/** What a prompt waits for after its answer: a person's next turn, a tool's result, or an end that the answer does not tell. */
export const WAITS = ['person', 'tool', 'unknown', 'sub-agent'] as const;
/** `sub-agent`: the thread is one, whatever its answer asked for; most of them end with it. */
export type WaitFor = (typeof WAITS)[number];

/** What is known of a thread when a call of it has just been answered. */
export interface PauseContext {
  readonly waitFor: WaitFor;
  /** A pause longer than the default time to live came before in this thread. */
  readonly hasPaused: boolean;
  /** Calls of the thread so far. */
  readonly callCount: number;
  readonly promptTokens: Tokens;
}

/** Upper bounds of the pauses that returns are counted in, from call to call. What comes later counts as never. */
export const RETURN_EDGES_MS: readonly Ms[] = [
  15_000, 60_000, 120_000, 300_000, 450_000, 600_000, 900_000, 1_200_000, 1_800_000, 2_700_000, 3_600_000, 7_200_000,
  14_400_000, 28_800_000, 86_400_000,
];

/** How calls of one kind were followed by the next of their thread. */
export interface ReturnCounts {
  /** Per bound of `RETURN_EDGES_MS`: how many came after the bound before and not after this one. */
  readonly returned: readonly number[];
  /** How many were the last of their thread, or were followed later than the last bound. */
  readonly never: number;
}

/** Returns by context (`waitFor`, and narrower, see `contextKeys`), and what of a prefix a late return still begins with. */
export interface ReturnTable {
  readonly counts: Readonly<Record<string, ReturnCounts>>;
  /** Per `waitFor`: share of the old prefix that returns after the default time to live found unchanged. */
  readonly keptRatio: Readonly<Partial<Record<WaitFor, Ratio>>>;
}
