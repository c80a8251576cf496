/** Words that can stand for one another in a request; made for these tests. */
const SYNONYMS: readonly (readonly string[])[] = [
  ['fix', 'repair', 'mend'],
  ['error', 'failure', 'problem'],
  ['wrong', 'incorrect', 'faulty'],
  ['should', 'ought to'],
  ['add', 'include', 'put in'],
  ['create', 'make', 'set up'],
  ['use', 'employ', 'apply'],
  ['method', 'function', 'routine'],
  ['return', 'give back', 'yield'],
  ['please', 'kindly'],
  ['file', 'document'],
  ['change', 'alter', 'modify'],
  ['remove', 'delete', 'drop'],
  ['when', 'whenever', 'if'],
  ['find', 'locate', 'look up'],
];

const GERMAN: Readonly<Record<string, string>> = {
  the: 'die',
  a: 'eine',
  is: 'ist',
  are: 'sind',
  not: 'nicht',
  and: 'und',
  or: 'oder',
  with: 'mit',
  for: 'für',
  from: 'von',
  to: 'zu',
  in: 'in',
  of: 'von',
  this: 'dies',
  that: 'das',
  when: 'wenn',
  should: 'sollte',
  must: 'muss',
  can: 'kann',
  fix: 'behebe',
  add: 'füge hinzu',
  create: 'erstelle',
  find: 'finde',
  error: 'Fehler',
  file: 'Datei',
  all: 'alle',
  new: 'neue',
  use: 'benutze',
  but: 'aber',
  how: 'wie',
  what: 'was',
  write: 'schreibe',
  read: 'lies',
  test: 'Test',
};

/** The same request in other words: about half of the words that have one are replaced. */
export function paraphrase(text: string, random: () => number): string {
  return text.replace(/[a-z]+/giu, (word) => {
    const group = SYNONYMS.find((words) => words.includes(word.toLowerCase()));
    if (group === undefined || random() < 0.5) return word;
    return group[Math.floor(random() * group.length)] ?? word;
  });
}

/** Neighbouring letters swapped, at this share of the letters. */
export function withTypos(text: string, random: () => number, ratio: number): string {
  const letters = Array.from(text);
  for (let index = 0; index + 1 < letters.length; index += 1) {
    if (random() >= ratio) continue;
    [letters[index], letters[index + 1]] = [letters[index + 1] ?? '', letters[index] ?? ''];
  }
  return letters.join('');
}

/** A rough other language: common words in German, the rest as it stands, as people who mix languages write. */
export function translateCommonWords(text: string): string {
  return text.replace(/[a-z]+/giu, (word) => GERMAN[word.toLowerCase()] ?? word);
}
