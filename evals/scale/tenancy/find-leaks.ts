import { foreignMarks, marksIn, serialsIn } from './marks.ts';
import { VENDOR_SECRET } from './tenancy-vendor.ts';
import type { Act, Principal } from './tenancy-world.ts';

/** Something that a principal saw and must not see. */
export interface Leak {
  readonly act: string;
  readonly viewer: string;
  readonly what: string;
}

/** An answer as its asker got it, head and body. */
export interface SeenAnswer {
  readonly status: number;
  readonly text: string;
}

export interface LeakFinder {
  /** Before it is asked: what somebody says may come back to them at once, by whichever way. */
  noteWords(who: Principal, act: Act): void;
  look(act: Act, who: Principal, answer: SeenAnswer): readonly Leak[];
}

/**
 * Whether an answer holds what is another's: a mark of theirs, an answer of a vendor that was made for them, the id or name of their key, or a
 * success where theirs was asked for.
 */
export function createLeakFinder(keyIds: ReadonlyMap<string, string>): LeakFinder {
  /** Who got each answer of a vendor first. */
  const firstSeenBy = new Map<string, string>();
  /** Words of others that somebody has said, such as the name of a session: they may come back, as all their words do. */
  const saidBy = new Map<string, Set<string>>();
  const anyKeyId = new RegExp([...keyIds.keys()].join('|') || '(?!)', 'gu');
  const wordsOf = (name: string): Set<string> => {
    const said = saidBy.get(name) ?? new Set();
    saidBy.set(name, said);
    return said;
  };
  const foreignWords = ({ name }: Principal, text: string): readonly string[] => {
    const said = wordsOf(name);
    const ids = [...new Set(text.match(anyKeyId))].filter((id) => keyIds.get(id) !== name && !said.has(id));
    const answers = serialsIn(text).flatMap((serial) => {
      const first = firstSeenBy.get(serial) ?? name;
      firstSeenBy.set(serial, first);
      return first === name ? [] : [`answer ${serial} of ${first}`];
    });
    return [...foreignMarks(text, { viewer: name, said }), ...ids.map((id) => `key ${id}`), ...answers];
  };
  return {
    noteWords({ name, token = '' }, { path, headers = {}, body }) {
      const words = `${decodeURIComponent(path)} ${JSON.stringify(headers)} ${typeof body === 'string' ? body : ''} ${token}`;
      const said = wordsOf(name);
      for (const word of [...marksIn(words), ...(words.match(anyKeyId) ?? [])]) said.add(word);
    },
    look(act, who, { status, text }) {
      const secret = text.includes(VENDOR_SECRET) ? ['the key at the vendor'] : [];
      const isWhole = who.kind === 'operator' || (who.kind === 'metrics' && act.name === 'metrics');
      const found = isWhole ? secret : [...secret, ...foreignWords(who, text), ...sums(act, who, text)];
      const taken = status >= 200 && status < 300 && who.kind !== 'operator' ? takenBy(act, who) : [];
      return [...found, ...taken].map((what) => ({ act: act.name, viewer: who.name, what }));
    },
  };
}

/** In a sum over all the others, each other one is to be found. */
function sums({ name }: Act, { kind }: Principal, text: string): readonly string[] {
  if (kind === 'key' && name.startsWith('page') && text.includes(' (all keys)'))
    return ['what others of its team spend'];
  if (name !== 'metrics' || kind !== 'key') return [];
  const lines = text.matchAll(/^pointsman_(?!circuit_state).*\bkey="other".*|^pointsman_alarm.*/gmu);
  return [...lines].map(([line]) => line);
}

/** What somebody got who should have been refused. */
function takenBy({ wants, isOperators }: Act, { name }: Principal): readonly string[] {
  const thing = wants === undefined || wants.owner === name ? [] : [`${wants.kind} ${wants.id} of ${wants.owner}`];
  return isOperators === true ? [...thing, 'what only the operator may do'] : thing;
}
