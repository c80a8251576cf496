/** How far a look-ahead goes. */
export interface LookOptions {
  /** Every candidate is looked at to the end over every model, beaten or not. */
  readonly isWhole: boolean;
  /** Continuations that the exact search of one future may look at. */
  readonly maxExtensions: number;
}

/**
 * The exact search goes first and gives way to a beam after this many continuations, all roots together: less work than a beam's
 * own, while most decisions need a few hundred states.
 */
export const USUAL_LOOK: LookOptions = { isWhole: false, maxExtensions: 90_000 };
