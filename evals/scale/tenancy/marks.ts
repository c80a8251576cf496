/** A word that stands for something of one principal's, wherever it turns up again. */
const MARK = /zq([a-z]+)q\d+qz/gu;
/** A word that a vendor says in one answer alone. */
const SERIAL = /sr\d+rs/gu;

/** @param owner small letters alone */
export function createMarks(): (owner: string) => string {
  let count = 0;
  return (owner) => `zq${owner}q${(count += 1)}qz`;
}

/** Marks of others than `viewer` that stand in a text; those that it has said itself tell it nothing. */
export function foreignMarks(
  text: string,
  { viewer, said }: { readonly viewer: string; readonly said: ReadonlySet<string> },
): readonly string[] {
  const found = [...text.matchAll(MARK)].flatMap(([mark, owner]) => (owner === viewer ? [] : [mark]));
  return [...new Set(found)].filter((mark) => !said.has(mark));
}

export function marksIn(text: string): readonly string[] {
  return text.match(MARK) ?? [];
}

export function serialsIn(text: string): readonly string[] {
  return text.match(SERIAL) ?? [];
}
