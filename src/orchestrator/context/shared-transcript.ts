import type { JobId } from '../../domain/ids.ts';
import type { Tokens } from '../../domain/time.ts';
import { type Message, estimateTokens } from '../../domain/transcript.ts';
import { imagesIn } from '../../warmth/prefix-chain.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import type { JobJournal } from '../model/job-journal.ts';
import type { JobRun } from '../model/job-run.ts';
import type { JobState } from '../model/job-state.ts';
import { sharedSystem } from './opening.ts';

/** The shared transcript: pieces in the order in which they were appended. Nothing is ever changed in it. */
export function sharedMessages(run: JobRun, state: Pick<JobState, 'segments'>): Promise<readonly Message[]> {
  return messagesOf(run.services.journal, run.entry.jobId, state.segments);
}

/** The transcript as far as these pieces of it go. */
export async function messagesOf(
  journal: Pick<JobJournal, 'fact'>,
  jobId: JobId,
  names: readonly string[],
): Promise<readonly Message[]> {
  const segments = await Promise.all(names.map((name) => journal.fact(jobId, segmentKey(name))));
  return segments.flatMap((segment) => segment ?? []);
}

/** Appends a piece once; the same name never changes what it holds. */
export async function keepSegment(run: JobRun, name: string, messages: readonly Message[]): Promise<string> {
  await run.services.journal.settle(run.entry.jobId, segmentKey(name), messages);
  return name;
}

/** What a call that continues would send before its instruction, in reference tokens: tools, system and transcript. */
export async function sharedTokens(run: JobRun, state: Pick<JobState, 'segments'>): Promise<Tokens> {
  const head = estimateTokens(sharedSystem(run.entry.request.workspace)) + toolTokens(run);
  return head + (await sharedMessages(run, state)).reduce((sum, message) => sum + messageTokens(message), 0);
}

/** A message of the transcript never changes, so each is measured once and not once per step. */
const measured = new WeakMap<Message, Tokens>();

function messageTokens(message: Message): Tokens {
  const known = measured.get(message);
  if (known !== undefined) return known;
  const images = message.content.map(imagesIn);
  const dataChars = images.reduce((sum, image) => sum + image.dataChars, 0);
  const text = estimateTokens(JSON.stringify(message.content).slice(dataChars));
  const tokens = images.reduce((sum, image) => sum + image.tokens, text);
  measured.set(message, tokens);
  return tokens;
}

function toolTokens(run: JobRun): Tokens {
  return run.tools.tools.reduce((sum, tool) => sum + estimateTokens(JSON.stringify(tool.spec)), 0);
}

function segmentKey(name: string): FactKey<readonly Message[]> {
  return factKey(`segment/${name}`);
}
