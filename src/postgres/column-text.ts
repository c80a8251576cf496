/**
 * A text as it may stand in a column: PostgreSQL has no place for NUL. Bodies are JSON, which writes it out; what is looked
 * for goes through here as well.
 */
export function columnText(text: string): string;
export function columnText(text: string | undefined): string | undefined;
export function columnText(text: string | undefined): string | undefined {
  return text?.replaceAll('\0', '\u{fffd}');
}
