import type { Model } from '../../domain/model.ts';
import type { Message } from '../../domain/transcript.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import type { DialectFacts } from '../openai-shared/dialects.ts';
import type { MarkerPlan } from '../openai-shared/openai-markers.ts';
import type { ChatMessage, ChatPart } from './chat-wire.ts';

/** What messages are written for. */
export interface ChatTarget {
  readonly model: Model;
  readonly facts: DialectFacts;
  readonly plan: MarkerPlan;
  readonly toWire: (name: string) => string;
}

/** A message while it is built: parts stay apart until it is known which are marked. */
export interface DraftMessage {
  readonly role: ChatMessage['role'];
  readonly parts: readonly ChatPart[];
  readonly extra: Partial<ChatMessage>;
  /** The neutral message that it was last written for. */
  readonly wroteAt: number;
}

/** Where a transcript stood before one of its messages was written. */
export interface PlaceBefore {
  readonly draftCount: number;
  readonly lossCount: number;
  /** System messages waited to be written behind it. */
  readonly isOpen: boolean;
}

/** A transcript as it was written, with the places before each of its messages and behind the last one. */
export interface WrittenTranscript {
  readonly drafts: readonly DraftMessage[];
  readonly messages: readonly ChatMessage[];
  readonly losses: readonly TranslationLoss[];
  readonly places: readonly PlaceBefore[];
}

interface KnownTranscript {
  readonly model: Model;
  readonly facts: DialectFacts;
  readonly marks: MarkerPlan;
  readonly messages: readonly Message[];
  readonly written: WrittenTranscript;
}

/** Shorter ones are written as fast as they are compared. */
const LEAST_MESSAGES = 8;

/** The newest writing of each transcript, by its first message: that is the very object for as long as its body is known. */
const known = new WeakMap<Message, KnownTranscript>();

export function keepWritten(
  { model, facts, plan }: ChatTarget,
  messages: readonly Message[],
  written: WrittenTranscript,
): void {
  const [first] = messages;
  if (first === undefined || messages.length < LEAST_MESSAGES) return;
  known.set(first, { model, facts, marks: plan, messages, written });
}

/** How many messages a transcript begins with that were written before for the same model, marks included, and what was written. */
export function writtenBefore(
  { model, facts, plan }: ChatTarget,
  messages: readonly Message[],
): { readonly written: WrittenTranscript; readonly count: number } | undefined {
  const before = messages[0] && known.get(messages[0]);
  if (before === undefined || before.model !== model || before.facts !== facts) return undefined;
  let count = Math.min(sharedCount(before.messages, messages), firstMarkMoved(before.marks, plan));
  while (count > 0 && !isClosed(before.written, count)) count -= 1;
  return count === 0 ? undefined : { written: before.written, count };
}

/** Nothing that came later was written into what stood there. */
function isClosed({ places, drafts }: WrittenTranscript, count: number): boolean {
  const place = places[count];
  if (place === undefined || place.isOpen) return false;
  const last = drafts[place.draftCount - 1];
  return last === undefined || last.wroteAt < count;
}

function firstMarkMoved(old: MarkerPlan, plan: MarkerPlan): number {
  if (old.onAssistant !== plan.onAssistant) return 0;
  let first = Number.POSITIVE_INFINITY;
  for (const index of [...old.messages.keys(), ...plan.messages.keys()]) {
    const isSame = JSON.stringify(old.messages.get(index)) === JSON.stringify(plan.messages.get(index));
    if (!isSame) first = Math.min(first, index);
  }
  return first;
}

function sharedCount(old: readonly Message[], messages: readonly Message[]): number {
  const most = Math.min(old.length, messages.length);
  let count = 0;
  while (count < most && isSameMessage(old[count], messages[count])) count += 1;
  return count;
}

/** Most are the very object. Those that are read anew with each call hold the same values: thinking, and calls with a vendor's state. */
function isSameMessage(one: Message | undefined, other: Message | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined || one.role !== other.role) return false;
  if (one.content.length !== other.content.length) return false;
  return one.content.every((part, index) => isSamePart(part, other.content[index]));
}

type Part = Message['content'][number];

function isSamePart(one: Part, other: Part | undefined): boolean {
  if (one === other) return true;
  if (other === undefined || one.type !== other.type) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => isSameField(key, one, other));
}

function isSameField(key: string, one: object, other: object): boolean {
  const [a, b] = [Reflect.get(one, key) as unknown, Reflect.get(other, key) as unknown];
  if (a === b) return true;
  if (key !== 'issued' || !isIssued(a) || !isIssued(b)) return false;
  return a.by === b.by && a.wire === b.wire;
}

function isIssued(value: unknown): value is { readonly by: unknown; readonly wire: unknown } {
  return typeof value === 'object' && value !== null && 'by' in value && 'wire' in value;
}
