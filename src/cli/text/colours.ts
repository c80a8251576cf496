type Paint = (text: string) => string;

/** Colours for a terminal; outside one, the text as it is. */
export function colours(isTerminal: boolean): Readonly<Record<'bold' | 'dim' | 'green' | 'red' | 'yellow', Paint>> {
  const paint =
    (code: number, end: number): Paint =>
    (text) =>
      isTerminal ? `\u001B[${code}m${text}\u001B[${end}m` : text;
  return { bold: paint(1, 22), dim: paint(2, 22), green: paint(32, 39), red: paint(31, 39), yellow: paint(33, 39) };
}
