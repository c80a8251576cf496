/** Two columns each: East Asian letters, wide forms and emoji. An emoji of several parts counts as all of them: rather too wide. */
const WIDE =
  /^(?:\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Bopomofo}|\p{Script=Yi}|\p{Emoji_Presentation}|[\u3000-\u303E\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6])/u;
/** None: marks upon the letter before, and what is not drawn. The sign that makes an emoji of a letter makes it wide. */
const UNDRAWN = /^(?!\uFE0F)(?:\p{M}|\p{Cf})/u;
// oxlint-disable-next-line no-control-regex -- our own colours begin with one
const COLOUR = /\u001B\[\d{0,3}m/gu;

/** Columns of a terminal that one line of text takes. */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/u.test(text)) return text.length;
  return Array.from(text.replaceAll(COLOUR, '')).reduce((sum, character) => sum + widthOf(character), 0);
}

function widthOf(character: string): number {
  if (UNDRAWN.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** As much of one line as `columns` hold, its end where `keep` says so; what is left out is an ellipsis. */
export function shortened(text: string, columns: number, keep: 'start' | 'end' = 'start'): string {
  if (displayWidth(text) <= columns) return text;
  const characters = Array.from(text);
  const [kept] = split(keep === 'start' ? characters : characters.reverse(), columns - 1);
  return keep === 'start' ? `${kept.join('')}…` : `…${kept.reverse().join('')}`;
}

/** One word in pieces of at most `columns`. */
export function broken(word: string, columns: number): readonly string[] {
  const pieces: string[] = [];
  let rest = Array.from(word);
  while (rest.length > 0) {
    const [piece, after] = split(rest, columns);
    pieces.push(piece.join(''));
    rest = after;
  }
  return pieces;
}

/** At least one character, so that whoever goes on with the rest comes to an end. */
function split(characters: readonly string[], columns: number): [piece: string[], rest: string[]] {
  let [width, at] = [0, 0];
  for (; at < characters.length; at += 1) {
    width += widthOf(characters[at] ?? '');
    if (width > columns && at > 0) break;
  }
  return [characters.slice(0, at), characters.slice(at)];
}
