/** What rewards mean, as whoever gives them declares it: which is as bad as failing, and which as good as can be. Either may be the larger. */
export interface RewardScale {
  readonly bad: number;
  readonly good: number;
}
