/** Work that may be left at each `yield`, for a while or for good. What it comes to is what it returns. */
export type Interruptible<Result> = Generator<undefined, Result, undefined>;
