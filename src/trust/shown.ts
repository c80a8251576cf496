/**
 * Foreign text made safe for one line of a terminal or a log: control and format characters (escape sequences, line breaks,
 * direction marks) become `�`, so that it can neither steer the terminal nor forge a line of ours.
 * @param maxLength characters after which it is cut, which is said; no limit where nothing is given
 */
export function shown(text: string, maxLength: number = Number.POSITIVE_INFINITY): string {
  const safe = text.replaceAll(UNSAFE, '�');
  return safe.length > maxLength ? `${safe.slice(0, maxLength)} … (${safe.length - maxLength} more characters)` : safe;
}

/** The same for text of several lines, which stay lines. */
export function shownLines(text: string): string {
  return text
    .split(/\r?\n/u)
    .map((line) =>
      line
        .split('\t')
        .map((part) => shown(part))
        .join('\t'),
    )
    .join('\n');
}

/** One line, whatever the text was: blanks of all kinds are one blank each. */
export function shownLine(text: string, maxLength?: number): string {
  return shown(text.replaceAll(/\s+/gu, ' ').trim(), maxLength);
}

/** Every text of a value of plain data, at any depth; the value is not changed. */
export function shownDeep<Value>(value: Value, show: (text: string) => string = shownLine): Value {
  if (typeof value === 'string') return show(value) as Value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner: unknown) => shownDeep(inner, show)) as Value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, shownDeep(inner, show)]);
  return Object.fromEntries(entries) as Value;
}

/** What a terminal is given at last, whoever composed it: our own colours, tabs and line ends stay, nothing else acts. */
export function forTerminal(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- our own colours begin with one
    /(\u001B\[\d{0,3}m|[\n\r\t])|[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (_all, own?: string) => own ?? '�',
  );
}

const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;
