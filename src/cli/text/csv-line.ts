/** A row for a spreadsheet, with its line feed. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

/** RFC 4180; a cell that a spreadsheet would take for a formula is kept text. */
function csvCell(value: string | number): string {
  const text = String(value);
  const safe = typeof value === 'string' && /^\s*[=+\-@]|^[\t\r\n]/u.test(text.normalize('NFKC')) ? `'${text}` : text;
  return /[",\n\r]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
