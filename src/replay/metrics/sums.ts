/** Numbers that add up, in objects and maps that hold such: plain data that crosses threads. */
export type Sums = number | ReadonlyMap<string | number, Sums> | { readonly [name: string]: Sums };

/** Numbers by name that are counted up. */
export type Counts<Name extends string> = Record<Name, number>;

/**
 * Adds `part` to `whole` in place, name by name; what `whole` lacks it gets a copy of, after what it has. Adding the same parts in the
 * same order gives the same bits, wherever each part was summed up.
 */
export function addSums<Shape extends object>(whole: Shape, part: Shape): void {
  if (whole instanceof Map && part instanceof Map) addMap(whole, part);
  else addFields(whole as Record<string, Sums>, part as Readonly<Record<string, Sums>>);
}

function addFields(whole: Record<string, Sums>, part: Readonly<Record<string, Sums>>): void {
  for (const [name, value] of Object.entries(part)) whole[name] = sumOf(whole[name], value);
}

function addMap(whole: Map<string | number, Sums>, part: ReadonlyMap<string | number, Sums>): void {
  for (const [key, value] of part) whole.set(key, sumOf(whole.get(key), value));
}

function sumOf(known: Sums | undefined, value: Sums): Sums {
  if (typeof value === 'number') return typeof known === 'number' ? known + value : value;
  const into: object = known === undefined || typeof known === 'number' ? emptyLike(value) : known;
  addSums(into, value);
  return into as Sums;
}

function emptyLike(value: object): object {
  return value instanceof Map ? new Map() : {};
}
