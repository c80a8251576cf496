import type { DecideInput } from '../../domain/decision.ts';
import type { Model } from '../../domain/model.ts';
import { chooseWriteClass, familyOf, type DraftCandidate } from '../candidates.ts';
import { overheadRule } from '../guards.ts';
import { presentNanoUsd } from '../present-cost.ts';
import type { Future } from './future.ts';

/**
 * Which candidates may still win. A candidate whose cost now and what its future costs at least come to more than two others
 * cost in all is beaten, and nobody looks into its future: the choice and its runner-up are what they would be if all were
 * looked at to the end. The incumbent and the model that never switching would stay on are always looked at, because reasons
 * and guards speak of them.
 *
 * Guards choose among what is left, so that only candidates which they let through may beat others, and where a margin
 * protects the incumbent's family, its cheapest member has to be beaten as well.
 */
export class Race {
  private readonly isWhole: boolean;
  private readonly input: DecideInput;
  private readonly futures: readonly Future[];
  private readonly drafts: readonly DraftCandidate[];
  /** [draft] rounded as the row will be. */
  private readonly present: Float64Array;
  private readonly finished: DraftCandidate[] = [];
  private readonly isOver: (draft: DraftCandidate) => boolean;
  private readonly family: string | undefined;
  private cutoff = Number.POSITIVE_INFINITY;
  /** The best of the protected family. */
  private stay = Number.POSITIVE_INFINITY;

  constructor(
    input: DecideInput,
    pool: readonly Model[],
    of: { readonly drafts: readonly DraftCandidate[]; readonly futures: readonly Future[]; readonly isWhole: boolean },
  ) {
    const { drafts, futures } = of;
    this.input = input;
    this.futures = futures;
    this.drafts = drafts;
    this.present = Float64Array.from(drafts, presentNanoUsd);
    const overhead = overheadRule(input, drafts, pool);
    this.isOver = overhead === undefined ? () => false : (draft) => overhead.over(draft) > 0;
    this.family = input.policy.familyMarginNanoUsd > 0 ? familyOf(pool, input.session.incumbent) : undefined;
    // The margin may take out the very model that the bound speaks of: then it is not known beforehand whom the bound holds.
    const isTangled = this.family !== undefined && overhead !== undefined && overhead.stay.family !== this.family;
    this.isWhole = of.isWhole || isTangled;
  }

  /** Fills `future`, `longFuture` and `gap` of every draft, and marks those that are beaten. */
  run(): void {
    const order = this.order();
    // First the best of the protected family, because who may pass hangs on it.
    this.look(order.filter((draft) => draft.model.family === this.family));
    this.look(order.filter((draft) => !this.isOut(draft)));
    // Where the guard would let nobody through, it gives way, and all of them matter.
    if (!this.finished.some((draft) => this.mayPass(draft))) this.look(order);
    const isFinished = new Set(this.finished);
    for (const draft of this.drafts) {
      if (isFinished.has(draft)) continue;
      draft.isBeaten = true;
      this.fill(draft);
    }
  }

  private look(order: readonly DraftCandidate[]): void {
    const unsolved: DraftCandidate[] = [];
    for (const draft of order) {
      if (this.isLost(draft)) continue;
      if (this.solve(draft)) this.finish(draft);
      else unsolved.push(draft);
    }
    const left = unsolved.filter((draft) => !this.isLost(draft));
    for (const future of this.futures) future.solveByBeam(left);
    for (const draft of left) this.finish(draft);
  }

  /** The guard will not let it through, and nothing else hangs on it. */
  private isOut(draft: DraftCandidate): boolean {
    return this.family === undefined && this.isOver(draft) && !this.mustFinish(draft);
  }

  private isLost(draft: DraftCandidate): boolean {
    return !this.mustFinish(draft) && this.leastTotal(draft) > this.cutoff;
  }

  /** Those that must be finished, then the most promising. */
  private order(): readonly DraftCandidate[] {
    const least = Float64Array.from(this.drafts, (draft) => this.leastTotal(draft));
    const rank = (draft: DraftCandidate): number => (this.mustFinish(draft) ? -1 : 0);
    return this.drafts.toSorted(
      (a, b) => rank(a) - rank(b) || (least[a.index] ?? 0) - (least[b.index] ?? 0) || a.index - b.index,
    );
  }

  private mustFinish({ model }: DraftCandidate): boolean {
    if (this.isWhole) return true;
    const { incumbent, neverSwitchModel } = this.input.session;
    return model.id === incumbent || model.id === neverSwitchModel;
  }

  /** The least that a candidate can come to, as its row would say it. */
  private leastTotal(draft: DraftCandidate): number {
    let future = 0;
    for (const one of this.futures) future += one.weight * Math.min(one.leastOf(draft), one.leastLongOf(draft));
    return (this.present[draft.index] ?? 0) + Math.round(future);
  }

  /** False: some future is for the beam. */
  private solve(draft: DraftCandidate): boolean {
    const isOpen = this.mustFinish(draft);
    let isSolved = true;
    for (const future of this.futures) {
      if (this.isLost(draft)) break;
      const others = this.leastTotal(draft) - Math.round(future.weight * future.leastOf(draft));
      // A nano-dollar and a half beyond what rounding may take away.
      const limit = isOpen ? Number.POSITIVE_INFINITY : (this.cutoff - others + 2.5) / future.weight;
      isSolved = future.solve(draft, limit) && isSolved;
    }
    return isSolved;
  }

  private fill(draft: DraftCandidate): void {
    draft.future = 0;
    draft.longFuture = 0;
    draft.gap = 0;
    for (const future of this.futures) {
      draft.future += future.weight * future.leastOf(draft);
      draft.longFuture += future.weight * future.leastLongOf(draft);
      draft.gap += future.weight * future.gapOf(draft);
    }
  }

  private finish(draft: DraftCandidate): void {
    if (this.finished.includes(draft) || this.isLost(draft)) return;
    this.fill(draft);
    chooseWriteClass(this.input, draft);
    this.finished.push(draft);
    this.cutoff = this.cutoffNow();
  }

  /** The cost of the second best model that the guards let through, and no less than the protected family's best. */
  private cutoffNow(): number {
    const best = new Map<Model, number>();
    for (const draft of this.finished) {
      const total = totalOf(draft);
      if (draft.model.family === this.family) this.stay = Math.min(this.stay, total);
      if (this.mayPass(draft)) best.set(draft.model, Math.min(total, best.get(draft.model) ?? total));
    }
    const second = [...best.values()].sort((a, b) => a - b)[1] ?? Number.POSITIVE_INFINITY;
    return this.stay === Number.POSITIVE_INFINITY ? second : Math.max(second, this.stay);
  }

  private mayPass(draft: DraftCandidate): boolean {
    if (this.isOver(draft)) return false;
    const total = totalOf(draft);
    const isShort = total < this.stay && total > this.stay - this.input.policy.familyMarginNanoUsd;
    return draft.model.family === this.family || this.stay === Number.POSITIVE_INFINITY || !isShort;
  }
}

function totalOf(draft: DraftCandidate): number {
  return presentNanoUsd(draft) + Math.round(draft.future);
}
