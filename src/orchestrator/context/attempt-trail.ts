import type { JobId } from '../../domain/ids.ts';
import { messageText, type Message } from '../../domain/transcript.ts';
import { cutMiddle } from '../model/artifact.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import type { JobJournal } from '../model/job-journal.ts';
import type { Opening } from './opening.ts';
import { messagesOf } from './shared-transcript.ts';

/** What an attempt had before its eyes, bounded, so that a failure can be explained when its context is long gone. */
export interface AttemptTrail {
  /** The brief, the material or the shared transcript, and the instruction. */
  readonly handed: string;
  /** What tools gave, the newest last. */
  readonly tools: readonly { readonly name: string; readonly isError: boolean; readonly text: string }[];
  /** What tools had given and was taken out to make room. */
  readonly lost: readonly string[];
}

/** The shared transcript is in the journal already: each step of a job would hold it once more, and all of them its square. */
export interface StoredTrail extends AttemptTrail {
  /** Names of the pieces of the shared transcript that stood before what was handed. Absent: none, or they are in it. */
  readonly after?: readonly string[];
}

/** Absent: the attempt did not come to an end, or in journals of before. */
export function trailKey(stepId: string, attempt: number): FactKey<StoredTrail> {
  return factKey(`trail/${stepId}/${attempt}`);
}

const HANDED_CHARS = 24_000;
const TOOL_CHARS = 1200;
const MOST_TOOLS = 30;
const LOST_CHARS = 4000;
const MOST_LOST = 10;

/** Takes secrets out of a text. What is cut is masked before: of half a key nobody sees that it is one. */
type Mask = (text: string) => string;

/** Pure. */
export function trailOf(
  opening: Pick<Opening, 'messages' | 'sharedCount'>,
  segments: readonly string[],
  { messages, lost = [] }: { readonly messages: readonly Message[]; readonly lost?: readonly string[] | undefined },
  mask: Mask,
): StoredTrail {
  const results = messages.flatMap(({ content }) => content.filter((part) => part.type === 'tool-result'));
  return {
    ...(opening.sharedCount === 0 ? {} : { after: segments }),
    handed: textOf(opening.messages.slice(opening.sharedCount), mask).trim(),
    tools: results.slice(-MOST_TOOLS).map((part) => ({
      name: part.toolName,
      isError: part.isError,
      text: cutMiddle(mask(messageText({ role: 'user', content: [part] })), TOOL_CHARS),
    })),
    lost: lost.slice(-MOST_LOST).map((text) => cutMiddle(mask(text), LOST_CHARS)),
  };
}

/** The trail with the transcript that stood before it. `undefined`: none was left. */
export async function readTrail(
  journal: Pick<JobJournal, 'fact'>,
  of: { readonly jobId: JobId; readonly stepId: string; readonly attempt: number },
  mask: Mask,
): Promise<AttemptTrail | undefined> {
  const stored = await journal.fact(of.jobId, trailKey(of.stepId, of.attempt));
  if (stored?.after === undefined) return stored;
  const { after, handed, ...rest } = stored;
  const shared = textOf(await messagesOf(journal, of.jobId, after), mask);
  return { ...rest, handed: `${shared}\n\n${handed}`.trim() };
}

function textOf(part: readonly Message[], mask: Mask): string {
  return cutMiddle(mask(part.map(messageText).join('\n\n')), HANDED_CHARS);
}
