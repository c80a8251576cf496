import { callNano, headTokensAt, warmTokensAt, type Workload } from './workload.ts';

/** How a step runs when it starts from a fresh context instead of the shared transcript. Reference tokens. */
export interface FreshStart {
  /** Prompt of its first call: the thread's head (system and tools) and a brief or artifacts. */
  readonly startTokens: number;
  /** What it leaves in the shared transcript when it is done. */
  readonly resultTokens: number;
}

interface FreshStep {
  readonly start: FreshStart;
  /** Recorded prompt of the step's first call. */
  readonly recordedStart: number;
  model: number;
  last: number;
  /** What the step's own prefix left in the cache of `model`. */
  held: number;
}

/**
 * The caches and the transcript along one path of choices: what each next call costs, given all before it. While every step
 * works in the shared transcript a call costs what `callNano` says; after a step with a context of its own the transcript is
 * shorter than the recorded one, and bills are modelled from there on until the history is cut. All contexts of a thread
 * begin with the same head: what any call on a model left of it, the first call of the next context there reads.
 */
export class Walk {
  /** [models] Latest call of each model on the shared transcript; -1 for never. */
  readonly lastUse: Int32Array;
  /** [models] Latest call of each model in any context, which left the head warm; -1 for never. */
  readonly headUse: Int32Array;
  /** Whether the latest call read a head that another context had left, where it would have found less without. */
  readSharedHead = false;
  /** Reference tokens that the shared transcript lacks of the recorded one. */
  removedTokens = 0;
  private readonly work: Workload;
  private readonly heldTokens: Float64Array;
  private readonly removedAt: Float64Array;
  private readonly heldHead: Float64Array;
  private fresh: FreshStep | undefined;

  constructor(work: Workload) {
    this.work = work;
    this.lastUse = new Int32Array(work.models.length).fill(-1);
    this.headUse = new Int32Array(work.models.length).fill(-1);
    this.heldTokens = new Float64Array(work.models.length);
    this.heldHead = new Float64Array(work.models.length);
    this.removedAt = new Float64Array(work.models.length);
  }

  /** Whether the latest call ran in a context of its own. */
  get isFresh(): boolean {
    return this.fresh !== undefined;
  }

  /**
   * Takes call `i` on model `m` and returns its bill in nano-USD.
   * @param start at the first call of a step that starts afresh; `undefined` at the first call of any other
   */
  take(i: number, m: number, isStepStart: boolean, start?: FreshStart): number {
    if (isStepStart) {
      this.closeFresh(i);
      if (start !== undefined) this.openFresh(i, start);
    }
    if (i > 0 && (this.work.promptTokens[i] ?? 0) < (this.work.promptTokens[i - 1] ?? 0) / 2) this.removedTokens = 0;
    return this.fresh === undefined ? this.shared(i, m) : this.inFresh(this.fresh, i, m);
  }

  private openFresh(i: number, start: FreshStart): void {
    this.fresh = { start, recordedStart: this.work.promptTokens[i] ?? 0, model: -1, last: -1, held: 0 };
  }

  private closeFresh(i: number): void {
    const { fresh, work } = this;
    this.fresh = undefined;
    if (fresh === undefined || i === 0) return;
    const inside = (work.promptTokens[i - 1] ?? 0) + (work.outputTokens[i - 1] ?? 0) - fresh.recordedStart;
    this.removedTokens += Math.max(0, inside - fresh.start.resultTokens);
  }

  private shared(i: number, m: number): number {
    const { work, removedTokens } = this;
    const last = this.lastUse[m] ?? -1;
    const held = Math.max(0, (work.cachedTokens[i] ?? 0) - removedTokens);
    const isAsRecorded = removedTokens === 0 && (last < 0 || this.removedAt[m] === 0);
    const own = warmTokensAt(work, i, m, last, isAsRecorded ? undefined : (this.heldTokens[m] ?? 0));
    // A head left by the shared transcript itself is part of `own`; only another context's is news.
    const head = (this.headUse[m] ?? -1) > last ? this.warmHead(i, m) : 0;
    this.readSharedHead = Math.min(head, held) > own;
    const nano =
      isAsRecorded && !this.readSharedHead
        ? callNano(work, i, m, last)
        : this.modelled(i, m, removedTokens, Math.min(held, Math.max(own, head)));
    this.lastUse[m] = i;
    this.heldTokens[m] = held;
    this.removedAt[m] = removedTokens;
    this.leaveHead(i, m, held);
    return nano;
  }

  private warmHead(i: number, m: number): number {
    const found = Math.min(this.heldHead[m] ?? 0, this.work.foundTokens[i] ?? Infinity);
    return headTokensAt(this.work, i, m, this.headUse[m] ?? -1, found);
  }

  private leaveHead(i: number, m: number, held: number): void {
    this.headUse[m] = i;
    this.heldHead[m] = Math.min(this.work.head.tokens, held);
  }

  private inFresh(fresh: FreshStep, i: number, m: number): number {
    const { work } = this;
    const recorded = work.promptTokens[i] ?? 0;
    const grown = fresh.start.startTokens + Math.max(0, recorded - fresh.recordedStart);
    const prompt = Math.min(grown, Math.max(0, recorded - this.removedTokens));
    const saved = recorded - prompt;
    const own = fresh.model === m ? warmTokensAt(work, i, m, fresh.last, fresh.held) : 0;
    const held = Math.max(0, (work.cachedTokens[i] ?? 0) - saved);
    const head = Math.min(this.warmHead(i, m), prompt);
    this.readSharedHead = Math.min(head, held) > own;
    const nano = this.modelled(i, m, saved, Math.min(held, Math.max(own, head))) * work.freshWorkRatio;
    Object.assign(fresh, { model: m, last: i, held });
    this.leaveHead(i, m, held);
    return nano;
  }

  private modelled(i: number, m: number, removed: number, warm: number): number {
    const { work } = this;
    const cell = i * work.models.length + m;
    const cold = (work.coldNano[cell] ?? 0) - removed * (work.promptNanoPerToken[cell] ?? 0);
    return Math.max(0, cold - warm * (work.savedNanoPerToken[cell] ?? 0) * (work.hitRatio[m] ?? 0));
  }
}
