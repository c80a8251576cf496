import { textDiff } from '../../gateway/connect/text-diff.ts';

/** A setting whose name says that its value is secret; counts of tokens and names of variables are none. */
const SECRET = /((?<!env_)(?:token|key|secret|password|authorization)"?\s*[:=]\s*)(["'])(?!\d+\2)[^"'\n]*\2/giu;

/** The same in a file of variables, where values stand without quotes. */
const SECRET_VARIABLE = /^((?:[-+ ] )?(?:export\s+)?\w*(?:token|key|secret|password)=)(?!["']|\d+$)\S.*$/gimu;

/** The same in YAML. */
const SECRET_SCALAR =
  /((?<!env_)(?:token|key|secret|password|authorization):[ \t]+)(?!\d+\s*$)[^\s"'{}[\]|>,#][^,}\n]*/gimu;

/** The change of a harness's file as a person may see it: its own secrets too stay out of terminals and their logs. */
export function shownDiff(before: string, after: string): string {
  return withoutSecrets(textDiff(before, after));
}

/** A harness's file as it may be shown. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(SECRET, '$1$2[secret]$2')
    .replaceAll(SECRET_VARIABLE, '$1[secret]')
    .replaceAll(SECRET_SCALAR, '$1[secret]');
}
