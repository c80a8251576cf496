import type { DecideInput } from '../../domain/decision.ts';
import type { Tokens } from '../../domain/time.ts';
import type { DraftCandidate } from '../candidates.ts';
import { lastPromptTokens, mediaIn, shapeOf, transcriptAfter } from '../step-cost.ts';
import type { Departure, Problem } from './problem.ts';

/** Where one choice for the present step leaves the session. Fresh contexts differ by the head that they leave warm. */
export interface Root {
  /** Index into the problem's models of the one that continued; −1 after a fresh context. */
  readonly model: number;
  readonly transcriptTokens: Tokens;
  readonly warmTokens: Tokens;
  /** The model whose head a fresh context left warm; −1 where that is worth nothing. */
  readonly freshModel: number;
  /** Written for an hour. */
  readonly isLong: boolean;
}

/** How long the shared transcript may be when the present step ends. */
export function departureOf(input: DecideInput, drafts: readonly DraftCandidate[]): Departure {
  const { step, session } = input;
  const lengths = drafts.map((draft) => transcriptAfter(draft.model, step.size, draft.mode, session.transcriptTokens));
  return { minTranscript: Math.min(...lengths), maxTranscript: Math.max(...lengths) };
}

/**
 * One root per model that may continue, a second one where the long write class may pay, and one per fresh context whose
 * head may be read again; one for all other fresh contexts. The drafts of each, by index.
 */
export function rootsOf(
  input: DecideInput,
  problem: Problem,
  drafts: readonly DraftCandidate[],
): readonly { readonly root: Root; readonly drafts: readonly DraftCandidate[] }[] {
  const { step, session } = input;
  const roots: { root: Root; drafts: DraftCandidate[] }[] = [];
  const fresh = new Map<number, DraftCandidate[]>();
  for (const draft of drafts) {
    const transcriptTokens = transcriptAfter(draft.model, step.size, draft.mode, session.transcriptTokens);
    const model = problem.models.indexOf(draft.model);
    if (draft.mode === 'continue') {
      const shape = shapeOf(
        draft.model,
        step.size,
        'continue',
        session.transcriptTokens,
        mediaIn(session, draft.model),
      );
      const last = lastPromptTokens(shape);
      const warmTokens = last < (problem.minTokens[model] ?? 0) ? 0 : last;
      const root = { model, transcriptTokens, warmTokens, freshModel: -1, isLong: false };
      roots.push({ root, drafts: [draft] });
      if (problem.canLongNow[model] === 1) roots.push({ root: { ...root, isLong: true }, drafts: [draft] });
      continue;
    }
    const worth = problem.headWorth[Math.max(0, problem.currentHead) * problem.modelCount + model] ?? 0;
    const freshModel = problem.currentHead >= 0 && worth > 0 ? model : -1;
    const known = fresh.get(freshModel);
    if (known === undefined) {
      const own = [draft];
      fresh.set(freshModel, own);
      roots.push({ root: { model: -1, transcriptTokens, warmTokens: 0, freshModel, isLong: false }, drafts: own });
    } else known.push(draft);
  }
  return roots;
}
