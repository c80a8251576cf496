import { createMarks } from './marks.ts';

/** What a vendor or the gateway gave somebody an id for. */
export type ThingKind = 'response' | 'file' | 'batch' | 'conversation' | 'session' | 'decision';

export interface Thing {
  readonly kind: ThingKind;
  readonly id: string;
  readonly owner: string;
}

export interface Principal {
  /** Small letters alone: it stands in its marks. */
  readonly name: string;
  readonly kind: 'key' | 'operator' | 'metrics' | 'nobody';
  readonly token: string | undefined;
}

/** What everybody may have overheard: the generator lets any principal use any id. */
export interface World {
  readonly random: () => number;
  readonly mark: (owner: string) => string;
  readonly things: Thing[];
  /** Some entry of a list. */
  one<Item>(items: readonly Item[]): Item;
  /** With a chance of one half one of one's own, else anybody's. `undefined`: there is none yet. */
  thing(kind: ThingKind, asker: string): Thing | undefined;
}

/** Things that are chosen from: those that came last, so that what is asked for is mostly still there. */
const RECENT = 400;

export function createWorld(random: () => number): World {
  const things: Thing[] = [];
  const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return {
    random,
    mark: createMarks(),
    things,
    one,
    thing: (kind, asker) => {
      const all = things.slice(-RECENT * 4).filter((thing) => thing.kind === kind);
      const own = all.filter(({ owner }) => owner === asker);
      const from = own.length > 0 && random() < 0.5 ? own : all;
      return from.length === 0 ? undefined : one(from);
    },
  };
}

/** A random call of the gateway's surface, as one principal makes it. */
export interface Act {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
  /** It asks for something that may be another's: then it must fail. */
  readonly wants?: Thing;
  /** Something of the asker's own comes of it where it succeeds. */
  readonly makes?: ThingKind;
  /** Only the operator may. */
  readonly isOperators?: boolean;
}
