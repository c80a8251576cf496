/** One measured or modelled number with what is needed to compare it over time. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** Bounds of a 95 % interval, where there is one. */
  readonly low?: number;
  readonly high?: number;
  readonly seed?: number | string;
  /** How many cases, calls or runs stand behind it. */
  readonly n?: number;
  /** The baseline's value in the same run. */
  readonly against?: number;
  readonly label: 'measured' | 'modelled' | 'assumed';
}

/** Stable, dot-separated, lower-case names, the most general word first, such as `decide.plain.p50.us`. */
export type Figures = Readonly<Record<string, Figure>>;
