import { createHash } from 'node:crypto';
import type { SaidNeed, StepNeed } from '../../domain/need.ts';
import { isFollowUp } from '../need/follow-up.ts';
import { isSettled, type NeedReader, type StepAsker, type StepToRead } from '../need/need-reader.ts';
import { within } from '../need/within.ts';
import { withSaid } from './said-need.ts';

/** Keys of steps whose answers are kept, two at most of each. */
const KEPT_KEYS = 2048;

/**
 * Reads steps here, and asks a model of them where whoever decides has one that may be asked: once per step, for as long as it may take,
 * and what was read here stands where nothing comes of it. Neither a harness's own calls, nor words that only follow up, nor steps that are
 * wholly declared are asked about.
 */
export function createAskingReader(local: NeedReader): NeedReader {
  const asked = new Map<string, Promise<SaidNeed | undefined>>();
  const open = new Set<Promise<SaidNeed | undefined>>();
  const closing = new AbortController();
  const put = (step: StepToRead, asker: StepAsker, read: Promise<StepNeed>): Promise<SaidNeed | undefined> => {
    const answer: Promise<SaidNeed | undefined> = asker
      .ask(step, {
        local: read,
        // Known once it has read.
        get reader() {
          return local.version;
        },
        signal: closing.signal,
      })
      .catch(() => undefined)
      .finally(() => open.delete(answer));
    open.add(answer);
    return answer;
  };
  const answerOf = (step: StepToRead, asker: StepAsker, read: Promise<StepNeed>): Promise<SaidNeed | undefined> => {
    const keys = keysOf(step, asker);
    const holds = asker.isAgain === true ? keys : keys.slice(-1);
    const known = holds.map((key) => asked.get(key)).find((answer) => answer !== undefined);
    const answer = known ?? put(step, asker, read);
    for (const key of keys) {
      asked.delete(key);
      asked.set(key, answer);
      const oldest = asked.keys().next().value;
      if (asked.size > KEPT_KEYS && oldest !== undefined) asked.delete(oldest);
    }
    return answer;
  };
  return {
    get version() {
      return local.version;
    },
    read: async (step, asker) => {
      const read = local.read(step);
      if (asker === undefined || closing.signal.aborted || !isAskable(step)) return read;
      const said = await within(answerOf(step, asker, read), asker.waitMs);
      return said === undefined ? read : withSaid(await read, said);
    },
    close: async () => {
      closing.abort();
      await Promise.all(open);
      await local.close();
    },
  };
}

/** A step of a person or an agent with something to read, that says more than yes. */
function isAskable(step: StepToRead): boolean {
  const { origin, text, before, follows } = step;
  if (origin !== 'person' && origin !== 'agent' && origin !== 'sub-agent') return false;
  if (text.trim() === '' && before.length === 0) return false;
  return !isSettled(step) && !(follows !== undefined && isFollowUp(text));
}

/** A step is known by itself and, last, by its words; none of them are kept. */
function keysOf({ text, before }: StepToRead, { scope, stepId }: StepAsker): readonly string[] {
  const words = hashOf([scope, text, ...before.flatMap((one) => [one.role, one.text])]);
  return stepId === undefined ? [words] : [hashOf([scope, 'step', stepId]), words];
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
