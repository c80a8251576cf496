import { PointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { REWARD_CAPS, type RewardCaps, type RewardScale } from '../../domain/quality.ts';

/** What a reward may speak of. A fact that is not known leaves the step without a reward; it is never taken for 0. */
export const REWARD_FACTS = {
  green: '1 where the result passed its checks or was reported to fit, 0 where not',
  override: '1 where somebody named another model, or reported a fault, within a day after',
  usd: 'what the calls of the step billed, every try of it',
  minutes: 'how long it took',
  tries: 'how often it was tried',
  reward: 'the figure that was reported of it, such as 1 for a booking made',
} as const;
export type RewardFact = keyof typeof REWARD_FACTS;
export type RewardFacts = Readonly<Record<RewardFact, number | undefined>>;

/** One line of sums and products over facts. */
export interface RewardExpression {
  readonly text: string;
  readonly facts: readonly RewardFact[];
  /** What reported rewards may be, where it speaks of them; one beyond counts as its nearest end. */
  readonly scale: RewardScale | undefined;
  /** Where it speaks of bills or time. */
  readonly caps: RewardCaps | undefined;
  /** `undefined`: a fact that it speaks of is not known, or the sum is no finite number. */
  readonly valueOf: (facts: RewardFacts) => number | undefined;
}

/** What facts without an end of their own may be. */
export interface RewardBounds {
  readonly scale?: RewardScale | undefined;
  /** Absent: as shipped. */
  readonly caps?: RewardCaps | undefined;
}

const MOST_CHARACTERS = 500;
const MOST_DEPTH = 20;
const TOKEN = /\s*(?:(?<number>\d+(?:\.\d+)?)|(?<name>[a-z]{1,20})|(?<sign>[-+*/()]))/uy;

type Token = { readonly kind: 'number' | 'name' | 'sign'; readonly text: string };
type Value = (facts: RewardFacts) => number | undefined;

/**
 * Reads a reward: numbers, the names of `REWARD_FACTS`, `+ - * /` and brackets, and nothing else. Nothing of it is run as code. Pure.
 * Bills, time and reported rewards count within bounds: without them a single figure of a million would drown all others.
 * @throws PointsmanError `request-invalid`
 */
export function parseReward(text: string, { scale, caps = REWARD_CAPS }: RewardBounds = {}): RewardExpression {
  if (text.length > MOST_CHARACTERS) throw invalid(`is longer than ${MOST_CHARACTERS} characters`);
  const parser = new Parser(tokensOf(text));
  const valueOf = parser.sum(0);
  parser.end();
  const facts = [...parser.facts];
  if (facts.length === 0) throw invalid('speaks of nothing that came of a step');
  if (facts.includes('reward') && scale === undefined) {
    throw new PointsmanError(
      'request-invalid',
      'The reward speaks of "reward", and nobody has said what those may be.',
      {
        hint: 'Say it in the configuration, such as reward: { bad: 0, good: 1 }; a figure beyond counts as the nearest end.',
      },
    );
  }
  const valued = (known: RewardFacts): number | undefined => {
    const value = valueOf({ ...known, ...capped(known, caps), reward: withinScale(known.reward, scale) });
    return value === undefined || !Number.isFinite(value) ? undefined : value;
  };
  if (PROBES.every((probe) => valued(probe) === undefined))
    throw invalid('comes to no number, whatever came of a step: it divides by 0, or leaves what a number can hold');
  return {
    text: text.trim(),
    facts,
    scale: facts.includes('reward') ? scale : undefined,
    caps: facts.some((fact) => fact === 'usd' || fact === 'minutes') ? caps : undefined,
    valueOf: valued,
  };
}

const EITHER = new Set<string>(['green', 'override']);
/** What facts may be, together: a reward that is a number for some step is one for one of these. */
const PROBES: readonly RewardFacts[] = Object.keys(REWARD_FACTS).reduce<readonly RewardFacts[]>(
  (made, fact) =>
    made.flatMap((one) => (EITHER.has(fact) ? [0, 1] : [0, 0.37, 2]).map((value) => ({ ...one, [fact]: value }))),
  [{ green: 0, override: 0, usd: 0, minutes: 0, tries: 0, reward: 0 }],
);

function capped({ usd, minutes }: RewardFacts, caps: RewardCaps): Pick<RewardFacts, 'usd' | 'minutes'> {
  return {
    usd: usd === undefined ? undefined : Math.min(usd, caps.usd),
    minutes: minutes === undefined ? undefined : Math.min(minutes, caps.minutes),
  };
}

function withinScale(reward: number | undefined, scale: RewardScale | undefined): number | undefined {
  if (reward === undefined || scale === undefined) return undefined;
  const { bad, good } = scale;
  return Math.min(Math.max(bad, good), Math.max(Math.min(bad, good), reward));
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const end = text.trimEnd().length;
  while (at < end) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined)
      throw invalid(`has something at character ${at + 1} that is neither number, name nor sign`);
    at = TOKEN.lastIndex;
    const kind = groups['number'] !== undefined ? 'number' : groups['name'] !== undefined ? 'name' : 'sign';
    tokens.push({ kind, text: groups[kind] ?? '' });
  }
  return tokens;
}

class Parser {
  readonly facts = new Set<RewardFact>();
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  sum(depth: number): Value {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/'], () => this.#atom(depth)));
  }

  end(): void {
    const left = this.#tokens[this.#at];
    if (left !== undefined) throw invalid(`does not go on with "${left.text}" there`);
  }

  #chain(signs: readonly string[], part: () => Value): Value {
    let value = part();
    for (let sign = this.#take(signs); sign !== undefined; sign = this.#take(signs)) {
      const [left, right, act] = [value, part(), ACTS[sign] ?? ACTS['+']];
      value = (facts) => {
        const [one, other] = [left(facts), right(facts)];
        return one === undefined || other === undefined ? undefined : act?.(one, other);
      };
    }
    return value;
  }

  #atom(depth: number): Value {
    if (depth > MOST_DEPTH) throw invalid('has too many brackets in each other');
    if (this.#take(['-']) !== undefined) {
      const value = this.#atom(depth + 1);
      return (facts) => {
        const own = value(facts);
        return own === undefined ? undefined : -own;
      };
    }
    if (this.#take(['(']) !== undefined) {
      const value = this.sum(depth + 1);
      if (this.#take([')']) === undefined) throw invalid('has a bracket that is not closed');
      return value;
    }
    const token = this.#tokens[this.#at];
    if (token === undefined) throw invalid('ends too early');
    this.#at += 1;
    if (token.kind === 'number') {
      const number = Number(token.text);
      return () => number;
    }
    return this.#fact(token);
  }

  #fact({ kind, text }: Token): Value {
    if (kind !== 'name') throw invalid(`has "${text}" where a number or a name belongs`);
    const names = Object.keys(REWARD_FACTS);
    if (!Object.hasOwn(REWARD_FACTS, text))
      throw invalid(`speaks of "${text}", which is not known.${didYouMean(text, names)}`);
    const fact = text as RewardFact;
    this.facts.add(fact);
    return (facts) => facts[fact];
  }

  #take(signs: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.#at += 1;
    return token.text;
  }
}

const ACTS: Readonly<Record<string, (one: number, other: number) => number>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
};

function invalid(what: string): PointsmanError {
  return new PointsmanError('request-invalid', `The reward ${what}`, {
    hint: `Write one line of ${Object.keys(REWARD_FACTS).join(', ')}, such as "green - 4 * usd - 0.5 * override".`,
  });
}
