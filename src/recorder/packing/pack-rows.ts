/** Rows of one table as columns: what all rows share is said once, what few values say by their place among them. */
export interface PackedRows {
  /** The forms that rows have: the places of their columns, in the order of their keys. */
  readonly $rows: readonly (readonly number[])[];
  /** Which of the forms each row has; a number: how many rows there are, all of the first. Stores of before hold a list. */
  readonly forms: string | number | readonly number[];
  /** For each key the values of the rows that have it, in order. */
  readonly columns: readonly (readonly [key: string, column: PackedColumn])[];
}

/**
 * `all`: the same in each row. `names`: places in the list of names, or the whole list as it stands. `of`: few values, and of
 * each row the place of its own among them, a digit to the base 36.
 */
type PackedColumn =
  | { readonly all: unknown }
  | { readonly names: readonly number[] | '*' }
  | { readonly of: readonly unknown[]; readonly at: string }
  | { readonly rows: PackedRows }
  | readonly unknown[];

/** Names that rows refer to by their place. */
export interface Names {
  readonly list: readonly string[];
  readonly placeOf: ReadonlyMap<string, number>;
}

export function createNames(list: readonly string[]): Names {
  return { list, placeOf: new Map(list.map((name, place) => [name, place] as const)) };
}

type PackedRow = Readonly<Record<string, unknown>>;

/** What is stored of a value in place of it. */
export type Shorten = (row: PackedRow, key: string, value: unknown) => unknown;

/** Fewer rows are as short as they are. */
const FEWEST_ROWS = 3;
/** Values that one digit tells apart. */
const MOST_DIGITS = 36;

/** `undefined`: this is no list of plain rows. Unpacking gives the same bytes of JSON. */
export function packRows(values: unknown, names: Names, shorten?: Shorten): PackedRows | undefined {
  if (!Array.isArray(values) || values.length < FEWEST_ROWS || !values.every(isRow)) return undefined;
  const columns = new Columns();
  const places = values.map((row) => columns.add(row, shorten));
  return {
    $rows: columns.forms.map(({ places }) => places),
    forms: columns.forms.length === 1 ? places.length : columns.forms.length <= MOST_DIGITS ? digitsOf(places) : places,
    columns: columns.list.map(([key, column]) => [key, packColumn(column, names)] as const),
  };
}

/** The keys of a row in their order, and where their columns are. */
interface Form {
  readonly keys: readonly string[];
  readonly places: readonly number[];
  readonly columns: readonly unknown[][];
}

/** Values by key, and the forms that rows came in. Most rows have the form of the one before. */
class Columns {
  readonly forms: Form[] = [];
  readonly list: (readonly [key: string, values: unknown[]])[] = [];
  private readonly places = new Map<string, number>();
  private last = 0;

  /** @returns the place of the row's form */
  add(row: PackedRow, shorten: Shorten | undefined): number {
    const keys = keysOf(row);
    if (!isSameForm(this.forms[this.last], keys)) {
      this.last = this.forms.findIndex((form) => isSameForm(form, keys));
      if (this.last < 0) this.last = this.forms.push(this.newForm(keys)) - 1;
    }
    const columns = this.forms[this.last]?.columns ?? [];
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at] ?? '';
      const value = row[key];
      columns[at]?.push(shorten === undefined ? value : shorten(row, key, value));
    }
    return this.last;
  }

  private newForm(keys: readonly string[]): Form {
    const places = keys.map((key) => {
      let place = this.places.get(key);
      if (place === undefined) this.places.set(key, (place = this.list.push([key, []]) - 1));
      return place;
    });
    return { keys, places, columns: places.map((place) => this.list[place]?.[1] ?? []) };
  }
}

function isSameForm(form: Form | undefined, keys: readonly string[]): boolean {
  if (form?.keys.length !== keys.length) return false;
  for (let at = 0; at < keys.length; at += 1) if (form.keys[at] !== keys[at]) return false;
  return true;
}

function packColumn(values: readonly unknown[], names: Names): PackedColumn {
  const [first] = values;
  const isPlain = first === null || typeof first !== 'object';
  if (isPlain && values.every((value) => value === first)) return { all: first };
  const places = placesIn(values, names);
  if (places !== undefined) {
    const isWhole = places.length === names.list.length && places.every((place, index) => place === index);
    return { names: isWhole ? '*' : places };
  }
  const few = packFew(values);
  if (few !== undefined) return few;
  const rows = packRows(values, names);
  return rows === undefined ? values : { rows };
}

function placesIn(values: readonly unknown[], { placeOf }: Names): readonly number[] | undefined {
  const places: number[] = [];
  for (const value of values) {
    const place = typeof value === 'string' ? placeOf.get(value) : undefined;
    if (place === undefined) return undefined;
    places.push(place);
  }
  return places;
}

/** `undefined`: each row has its own value, or nearly. Values are the same where their JSON is. */
function packFew(values: readonly unknown[]): PackedColumn | undefined {
  const most = Math.min(MOST_DIGITS, Math.floor(values.length / 2));
  const found = new Map<unknown, number>();
  const of: unknown[] = [];
  const places: number[] = [];
  let last: unknown;
  let lastPlace = -1;
  for (const value of values) {
    // Rows mostly hold the very object that the one before holds.
    if (value !== last || lastPlace < 0) {
      const key = isOwnKey(value) ? value : JSON.stringify(value);
      let place = found.get(key);
      if (place === undefined) {
        if (of.length === most) return undefined;
        found.set(key, (place = of.push(value) - 1));
      }
      [last, lastPlace] = [value, place];
    }
    places.push(lastPlace);
  }
  return { of, at: digitsOf(places) };
}

/** Values that differ where their JSON does; −0 and 0, and what is written as null, are not among them. */
function isOwnKey(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function digitsOf(places: readonly number[]): string {
  let digits = '';
  for (const place of places) digits += place.toString(MOST_DIGITS);
  return digits;
}

/** What was packed; `undefined`: this is nothing that was. */
export function unpackRows(packed: unknown, names: Names): PackedRow[] | undefined {
  if (!isRow(packed) || !Array.isArray(packed['$rows'])) return undefined;
  const { $rows, forms, columns } = packed as unknown as PackedRows;
  const values = columns.map(([key, column]) => [key, valuesOf(column, names)] as const);
  return placesOf(forms).map((place) => {
    const form = ($rows[place] ?? []).flatMap((at) => {
      const column = values[at];
      return column === undefined ? [] : [[column[0], column[1]()] as const];
    });
    return Object.fromEntries(form);
  });
}

function placesOf(forms: PackedRows['forms']): readonly number[] {
  if (typeof forms === 'number') return Array.from({ length: forms }, () => 0);
  return typeof forms === 'string' ? Array.from(forms, (digit) => Number.parseInt(digit, MOST_DIGITS)) : forms;
}

/** Gives a column's values one after the other. */
function valuesOf(column: PackedColumn, names: Names): () => unknown {
  let at = 0;
  if (isList(column)) return () => column[at++];
  if ('all' in column) return () => column.all;
  if ('of' in column) return () => column.of[Number.parseInt(column.at[at++] ?? '', MOST_DIGITS)];
  if ('rows' in column) {
    const rows = unpackRows(column.rows, names) ?? [];
    return () => rows[at++];
  }
  const places = column.names;
  return () => names.list[places === '*' ? at++ : (places[at++] ?? -1)];
}

function isList(column: PackedColumn): column is readonly unknown[] {
  return Array.isArray(column);
}

/** JSON has no place for a key that is undefined. */
function keysOf(row: PackedRow): readonly string[] {
  const keys = Object.keys(row);
  for (let at = 0; at < keys.length; at += 1) {
    if (row[keys[at] ?? ''] === undefined) return keys.filter((key) => row[key] !== undefined);
  }
  return keys;
}

export function isRow(value: unknown): value is PackedRow {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
