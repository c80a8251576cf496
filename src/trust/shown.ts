/**
 * Foreign text made safe for one line of a terminal or a log: control and format characters (escape sequences, line breaks,
 * direction marks) become `�`, so that it can neither steer the terminal nor forge a line of ours.
 * @param maxLength characters after which it is cut, which is said; no limit where nothing is given
 */
export function shown(text: string, maxLength: number = Number.POSITIVE_INFINITY): string {
  const safe = text.replaceAll(UNSAFE, '�');
  return safe.length > maxLength ? `${safe.slice(0, maxLength)} … (${safe.length - maxLength} more characters)` : safe;
}

const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;
