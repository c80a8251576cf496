const HEAD_CHARS = 3000;
const TAIL_CHARS = 12_000;
/** Lines around one that tells of a failure. */
const BEFORE = 2;
const AFTER = 10;

/** Tells of a failure, in the words of most runners. */
const FAILURE =
  /fail|error|panic|assert|exception|traceback|not ok\b|[✖✗✘●]|expected|received|mismatch|timed? ?out|^E {2,}|^\s*--- /iu;
/** Counts at the end of a file, a package or a whole run. */
const SUM =
  /^\s*(?:test result:|tests?:?\s|test files|ran \d|ok {2}|ℹ |# (?:pass|fail)|result:|\d+ (?:passing|examples?|runs?))/iu;

/**
 * The output of a check, cut to a size: its beginning and its end, and of what lies between the lines that tell of failures
 * with those around them, so that the first failure is there however long the output is. Pure.
 */
export function keepFailures(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const tailChars = Math.min(TAIL_CHARS, Math.floor(maxChars / 3));
  const head = text.slice(0, Math.min(HEAD_CHARS, Math.floor(maxChars / 6)));
  const tail = text.slice(-tailChars);
  const middle = text.slice(head.length, -tailChars).split('\n');
  const room = maxChars - head.length - tail.length - CUT_CHARS;
  const kept = chosenLines(middle, room);
  const shown = middle.flatMap((line, index) => {
    if (kept.has(index)) return [line];
    return index === 0 || kept.has(index - 1) ? ['[… lines cut …]'] : [];
  });
  return [head, ...shown, tail].join('\n');
}

/** Set aside for the marks of what is cut. */
const CUT_CHARS = 2000;

/** Failures in their order first, then sums, as long as there is room. */
function chosenLines(lines: readonly string[], room: number): ReadonlySet<number> {
  const kept = new Set<number>();
  let used = 0;
  const keep = (index: number): boolean => {
    const line = lines[index];
    if (line === undefined || kept.has(index)) return true;
    if (used + line.length + 1 > room * 0.9) return false;
    used += line.length + 1;
    kept.add(index);
    return true;
  };
  for (const [index, line] of lines.entries()) {
    if (SUM.test(line) && used < room / 4) keep(index);
  }
  for (const [index, line] of lines.entries()) {
    if (!FAILURE.test(line)) continue;
    for (let at = index - BEFORE; at <= index + AFTER; at += 1) if (!keep(at)) return kept;
  }
  return kept;
}
