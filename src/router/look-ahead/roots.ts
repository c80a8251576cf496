import type { DecideInput } from '../../domain/decision.ts';
import type { Draft } from '../candidates.ts';
import type { Departure, Problem } from './problem.ts';
import type { Tokens } from '../../domain/time.ts';
import { lastPromptTokens, shapeOf, transcriptAfter } from '../step-cost.ts';

/** Where one choice for the present step leaves the session. Fresh contexts leave the same place, whoever ran them. */
export interface Root {
  /** Index into the problem's models of the one that continued; −1 after a fresh context. */
  readonly model: number;
  readonly transcriptTokens: Tokens;
  readonly warmTokens: Tokens;
}

/** When the present step ends and how long the shared transcript may be then. */
export function departureOf(input: DecideInput, drafts: readonly Draft[]): Departure {
  const { step, session, now } = input;
  const lengths = drafts.map((draft) => transcriptAfter(draft.model, step.size, draft.mode, session.transcriptTokens));
  return {
    endsAt: now + Math.max(0, step.size.callCount - 1) * step.callGapMs,
    minTranscript: Math.min(...lengths),
    maxTranscript: Math.max(...lengths),
  };
}

/** One root per model that may continue, and one for all fresh contexts; the drafts of each, by index. */
export function rootsOf(
  input: DecideInput,
  problem: Problem,
  drafts: readonly Draft[],
): readonly { readonly root: Root; readonly drafts: readonly Draft[] }[] {
  const { step, session } = input;
  const roots: { root: Root; drafts: Draft[] }[] = [];
  let fresh: { root: Root; drafts: Draft[] } | undefined;
  for (const draft of drafts) {
    const transcriptTokens = transcriptAfter(draft.model, step.size, draft.mode, session.transcriptTokens);
    if (draft.mode === 'continue') {
      const shape = shapeOf(draft.model, step.size, 'continue', session.transcriptTokens);
      const model = problem.models.indexOf(draft.model);
      const last = lastPromptTokens(shape);
      const root = { model, transcriptTokens, warmTokens: last < (problem.minTokens[model] ?? 0) ? 0 : last };
      roots.push({ root, drafts: [draft] });
    } else if (fresh === undefined) {
      fresh = { root: { model: -1, transcriptTokens, warmTokens: 0 }, drafts: [draft] };
      roots.push(fresh);
    } else fresh.drafts.push(draft);
  }
  return roots;
}
