/** Words on lines of at most `columns` characters; lines after the first are indented. A longer word stands alone, and a share keeps its sign. */
export function wrapped(text: string, columns = 80, indent = '  '): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ (?!%)/u)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && Array.from(longer).length > columns) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}
