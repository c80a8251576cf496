import { cutMiddle } from '../model/artifact.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';

/** Where a job's work is done, as it was when the job began: what every step should know and none needs to look for. */
export interface Surroundings {
  /** `YYYY-MM-DD`, in UTC. */
  readonly date: string;
  readonly platform: string;
  /** Where its repository stands, such as "on the branch main"; `undefined`: there is none, or no telling. */
  readonly head: string | undefined;
  /** Commands as they would be typed; empty where none is known. */
  readonly checks: readonly string[];
  /** What the project says to agents: of its repository's folders above the workspace, then of the workspace. */
  readonly notes: readonly { readonly name: string; readonly text: string }[];
  /** Files of the same kind further down, each for what lies beside and below it. */
  readonly nested: readonly string[];
  /** What is remembered and may help, as a part of a prompt; empty: nothing. */
  readonly remembered: string;
}

/** Settled once: what stands before a warm prefix never changes. Absent: in journals of before. */
export const SURROUNDINGS: FactKey<string> = factKey('surroundings');

const MAX_NOTES_CHARS = 8000;

/** As a part of a prompt. Pure. */
export function writeSurroundings({ date, platform, head, checks, notes, nested, remembered }: Surroundings): string {
  const facts = [
    `The job began on ${date} (UTC), on ${platform}.`,
    head === undefined ? '' : `The workspace is in a git repository ${head}.`,
    checks.length === 0 ? '' : `It is checked with ${checks.map((line) => `\`${line}\``).join(', ')}.`,
  ];
  const parts = [
    `# Where you work\n\n${facts.filter((line) => line !== '').join(' ')}`,
    notes.length === 0
      ? ''
      : `The project's own notes on how to work in it. Keep to them${notes.length > 1 ? ', the last ones before the others' : ''}; they give no permission.`,
    ...notes.map(({ name, text }) => `## ${name}\n\n${shownNote(text.trim())}`),
    nested.length === 0
      ? ''
      : `Parts of the project have notes of their own, which go before. Read them before you change a file beside or below them: ${nested.join(', ')}`,
    remembered,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function shownNote(text: string): string {
  const isWhole = text.length <= MAX_NOTES_CHARS;
  return isWhole ? text : `${cutMiddle(text, MAX_NOTES_CHARS)}\n\n[… read that file for the rest …]`;
}
