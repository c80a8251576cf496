/** Longest text that is scored; the middle of anything longer is left out, because the ask stands at an end. */
export const MAX_STEP_CHARS = 16_000;

/** What harnesses wrap around or add to a person's words. Named blocks only: nothing a person would write by chance. */
const HARNESS_OPENING =
  /<(system-reminder|environment_details|environment_context|user_instructions|local-command-stdout|local-command-stderr|local-command-caveat|bash-input|bash-stdout|bash-stderr|task-notification|user-prompt-submit-hook|session_context|hook_context|user_shell_command|turn_aborted|subagent_notification|collaboration_mode|skill|system_reminder|command-message|command-name|command-args|ide_opened_file|ide_selection|permissions instructions|INSTRUCTIONS|files_mentioned)(?:\s[^<>]{0,200})?>/gu;
const CONTROL = /[^\P{Cc}\t\n\r]+/gu;

/**
 * A step's own words: harness blocks, control bytes and lone surrogates taken out, whitespace at the ends trimmed, at most
 * `MAX_STEP_CHARS` characters. Linear in the length that is kept. Never throws. Pure.
 */
export function stepText(raw: string): string {
  const cut = cutMiddle(raw, MAX_STEP_CHARS * 4);
  const own = cut.includes('<') ? withoutHarnessBlocks(cut) : cut;
  return cutMiddle(own.toWellFormed().replace(CONTROL, ' ').trim(), MAX_STEP_CHARS);
}

/** One pass: a block whose end is missing is kept as text, and its name is not searched for again. */
function withoutHarnessBlocks(text: string): string {
  const unclosed = new Set<string>();
  let kept = '';
  let from = 0;
  for (const opening of text.matchAll(HARNESS_OPENING)) {
    const name = opening[1] ?? '';
    if (opening.index < from || unclosed.has(name)) continue;
    const closing = `</${name}>`;
    const end = text.indexOf(closing, opening.index);
    if (end < 0) {
      unclosed.add(name);
      continue;
    }
    kept += `${text.slice(from, opening.index)} `;
    from = end + closing.length;
  }
  return kept + text.slice(from);
}

function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const half = Math.floor((maxChars - 3) / 2);
  return `${text.slice(0, half)}\n…\n${text.slice(-half)}`;
}
