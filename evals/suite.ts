import type { Figures } from '../src/domain/figure.ts';

export interface SuiteContext {
  /** Folder with the data rows, or `undefined` when none was found. */
  readonly dataDir: string | undefined;
  readonly signal: AbortSignal;
  /** Progress for people, on stderr. */
  readonly progress: (text: string) => void;
  /** What people read: tables, on stdout. */
  readonly print: (text: string) => void;
  /** Smaller samples, for the test suite. */
  readonly quick: boolean;
  /** Samples many times as large, for releases and nights. Absent: false. */
  readonly full?: boolean;
}

/** A suite either ran and has figures, or says why not and how to make it run. It never reports figures it did not compute. */
export type SuiteResult =
  | { readonly kind: 'ran'; readonly figures: Figures }
  | { readonly kind: 'skipped'; readonly why: string; readonly hint: string };

/** One question with its data, its task and its scorers. A file in `evals/suites/` exports one as `suite`. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  run(context: SuiteContext): Promise<SuiteResult>;
}
