import type { Model } from '../../domain/model.ts';
import { SECOND_MS, type At, type Tokens } from '../../domain/time.ts';
import { rewriteNanoUsd } from '../../warmth/keep-alive.ts';
import type { Workload } from './workload.ts';

/** Until an answer begins, where a log does not say when it did. Assumed. */
const FIRST_BYTE_MS = 5 * SECOND_MS;
/** Heads of one kind of thread that differ by more than this are not the same one. */
const SAME_HEAD_RATIO = 0.9;
/** A call that read this much of its head found it. */
const FOUND_RATIO = 0.5;

interface HeadWrite {
  readonly model: Model;
  readonly headTokens: Tokens;
  /** Of the head, what was found all the same. */
  readonly readTokens: Tokens;
  readonly at: At;
  readonly readableAt: At;
}

/**
 * What threads of one session that start together would have saved, had one gone before the others: all but the first of a wave write a
 * head again that the first one writes. That they share it is taken from their kind, their model and its size. Nano-USD, as a float.
 */
export class FanOut {
  savedNano = 0;
  private readonly writes = new Map<string, HeadWrite>();

  addThread(work: Workload): void {
    const write = headWriteOf(work);
    if (write === undefined) return;
    const key = keyOf(work, write.model);
    const first = this.writes.get(key);
    if (first !== undefined && isOneWave(first, write)) this.count(write, first);
    else this.writes.set(key, write);
  }

  private count({ model, headTokens, readTokens, at }: HeadWrite, first: HeadWrite): void {
    const tokens = Math.max(0, Math.min(first.headTokens, headTokens) - readTokens);
    this.savedNano += rewriteNanoUsd(model, { heldTokens: tokens, promptTokens: tokens }, at);
  }
}

/** The head that a thread's first call wrote; nothing where it read one, or its vendor keeps none. */
function headWriteOf(work: Workload): HeadWrite | undefined {
  const [call, model] = [work.thread.calls[work.sourceIndex[0] ?? 0], work.models[work.recorded[0] ?? 0]];
  if (call?.at === undefined || model === undefined || model.cacheRule.kind === 'none') return undefined;
  const read = call.usage?.cacheReadTokens;
  const headTokens = work.head.tokens * model.tokenRatio;
  if (read === undefined || headTokens < model.cacheRule.minTokens || read >= FOUND_RATIO * headTokens)
    return undefined;
  return { model, headTokens, readTokens: read, at: call.at, readableAt: call.at + (call.ttftMs ?? FIRST_BYTE_MS) };
}

function keyOf({ thread }: Workload, model: Model): string {
  return `${model.id} ${thread.parentThreadId === undefined ? '' : (thread.agentType ?? 'sub-agent')}`;
}

function isOneWave(first: HeadWrite, { at, headTokens }: HeadWrite): boolean {
  const ratio = Math.min(first.headTokens, headTokens) / Math.max(first.headTokens, headTokens);
  return at >= first.at && at < first.readableAt && ratio >= SAME_HEAD_RATIO;
}
