import type { CallRequest } from '../../domain/call.ts';
import { EFFORTS, type Effort } from '../../domain/step.ts';
import { saidEffort } from '../../domain/transcript.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';

/**
 * The effort to send: what was asked for, or the most that the model offers below it, or the least it offers.
 * `undefined` when nothing was asked for or the model takes no effort.
 */
export function fitEffort(
  asked: Effort | undefined,
  offered: readonly Effort[],
): { readonly effort: Effort | undefined; readonly losses: readonly TranslationLoss[] } {
  if (asked === undefined) return { effort: undefined, losses: [] };
  const rank = (effort: Effort): number => EFFORTS.indexOf(effort);
  const ascending = offered.toSorted((a, b) => rank(a) - rank(b));
  const below = ascending.filter((effort) => rank(effort) <= rank(asked));
  const effort = below.at(-1) ?? ascending[0];
  return { effort, losses: effort === asked ? [] : [{ kind: 'effort-changed', from: asked, to: effort }] };
}

/** The effort that a call ends with: what its newest message of one says, else what the call asks for. */
export function effortNow({ effort, messages }: Pick<CallRequest, 'effort' | 'messages'>): Effort | undefined {
  const said = saidEffort(messages);
  return said === undefined || said === 'usual' ? effort : said;
}
