import type { Draw } from '../trust/draw.ts';

/** A thing learned in one job, and how somebody needs it later in another harness: in other words. */
export interface RecallCase {
  readonly name: string;
  readonly text: string;
  readonly needed: string;
  /** The job that it was learned in. */
  readonly from: string;
}

export interface RecallCases {
  readonly facts: readonly RecallCase[];
  /** What is remembered too, and nobody needs. */
  readonly beside: readonly Omit<RecallCase, 'needed'>[];
}

export type Wording = (part: string) => string;
export type Topic = readonly [written: Wording, needed: Wording];

/** What facts are made of. */
export interface Vocabulary {
  /** What a part of a product is called where a fact is written down, and where it is needed. */
  readonly parts: readonly (readonly [written: string, needed: string])[];
  readonly things: readonly Topic[];
  readonly beside: readonly Wording[];
}

const OPENINGS = ['', 'Please: ', 'Next task. ', 'Quick question first. ', 'I am new here. '];

/** A job a part, that learned every thing of it and whatever nobody needs. */
export function casesOf(draw: Draw, { parts, things, beside }: Vocabulary): RecallCases {
  const jobs = parts.map(([written, needed], at) => ({ written, needed, at, from: `job-${at}` }));
  return {
    facts: jobs.flatMap(({ written, needed, at, from }) =>
      things.map(([text, ask], thing) => ({
        name: `fact-${at}-${thing}`,
        text: text(written),
        needed: `${draw.oneOf(OPENINGS)}${ask(needed)}`,
        from,
      })),
    ),
    beside: jobs.flatMap(({ written, at, from }) =>
      beside.map((text, thing) => ({ name: `beside-${at}-${thing}`, text: text(written), from })),
    ),
  };
}
