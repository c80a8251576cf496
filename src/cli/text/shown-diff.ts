import { textDiff } from '../../gateway/connect/text-diff.ts';

/** A setting whose name says that its value is secret; counts of tokens and names of variables are none. */
const SECRET = /((?<!env_)(?:token|key|secret|password|authorization)"?\s*[:=]\s*)(["'])(?!\d+\2)[^"'\n]*\2/giu;

/** The change of a harness's file as a person may see it: its own secrets too stay out of terminals and their logs. */
export function shownDiff(before: string, after: string): string {
  return textDiff(before, after).replaceAll(SECRET, '$1$2[secret]$2');
}
