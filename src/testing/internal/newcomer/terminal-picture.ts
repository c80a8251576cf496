const [LETTER, LINE, EDGE, BAR] = [8.4, 18, 16, 28] as const;
const COLUMNS = 80;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What a terminal of 80 columns shows, as a drawing that any page can hold: each line is text and can be read and searched. */
export function terminalPicture(title: string, said: string): string {
  const lines = said.trimEnd().split('\n');
  const [width, height] = [Math.ceil(COLUMNS * LETTER) + 2 * EDGE, BAR + lines.length * LINE + 2 * EDGE];
  const rows = lines.map((line, at) => {
    const fill = line.startsWith('$ ') ? '#7ee787' : '#e6edf3';
    return `<text x="${EDGE}" y="${BAR + EDGE + (at + 1) * LINE - 5}" fill="${fill}" xml:space="preserve">${escaped(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    `<text x="${EDGE}" y="20" fill="#8b949e">${escaped(title)}</text>`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
