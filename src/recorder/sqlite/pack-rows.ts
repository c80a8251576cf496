/** Rows of one table as columns: what all rows share is said once, and names of a known list by their place in it. */
export interface PackedRows {
  /** The forms that rows have: the places of their columns, in the order of their keys. */
  readonly $rows: readonly (readonly number[])[];
  /** Which of the forms each row has; a number: how many rows there are, all of the first. */
  readonly forms: readonly number[] | number;
  /** For each key the values of the rows that have it, in order. */
  readonly columns: readonly (readonly [key: string, column: PackedColumn])[];
}

/** `all`: the same in each row. `names`: places in the list of names, or the whole list as it stands. */
type PackedColumn =
  | { readonly all: unknown }
  | { readonly names: readonly number[] | '*' }
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

/** Fewer rows are as short as they are. */
const FEWEST_ROWS = 3;

/** `undefined`: this is no list of plain rows. Unpacking gives the same bytes of JSON. */
export function packRows(values: unknown, names: Names): PackedRows | undefined {
  if (!Array.isArray(values) || values.length < FEWEST_ROWS || !values.every(isRow)) return undefined;
  const rows: readonly PackedRow[] = values;
  const keys = [...new Set(rows.flatMap(keysOf))];
  const placeOf = new Map(keys.map((key, place) => [key, place] as const));
  const forms = new Map<string, number>();
  const places = rows.map((row) => {
    const form = keysOf(row).map((key) => placeOf.get(key) ?? 0);
    const text = form.join(' ');
    if (!forms.has(text)) forms.set(text, forms.size);
    return forms.get(text) ?? 0;
  });
  const columns = keys.map((key) => {
    const values = rows.filter((row) => row[key] !== undefined).map((row) => row[key]);
    return [key, packColumn(values, names)] as const;
  });
  const $rows = [...forms.keys()].map((text) => (text === '' ? [] : text.split(' ').map(Number)));
  return { $rows, forms: forms.size === 1 ? rows.length : places, columns };
}

function packColumn(values: readonly unknown[], names: Names): PackedColumn {
  const [first] = values;
  const isPlain = first === null || typeof first !== 'object';
  if (isPlain && values.every((value) => value === first)) return { all: first };
  const places = values.map((value) => (typeof value === 'string' ? (names.placeOf.get(value) ?? -1) : -1));
  if (places.every((place) => place >= 0)) {
    const isWhole = places.length === names.list.length && places.every((place, index) => place === index);
    return { names: isWhole ? '*' : places };
  }
  const rows = packRows(values, names);
  return rows === undefined ? values : { rows };
}

/** What was packed; `undefined`: this is nothing that was. */
export function unpackRows(packed: unknown, names: Names): PackedRow[] | undefined {
  if (!isRow(packed) || !Array.isArray(packed['$rows'])) return undefined;
  const { $rows, forms, columns } = packed as unknown as PackedRows;
  const places = typeof forms === 'number' ? Array.from({ length: forms }, () => 0) : forms;
  const values = columns.map(([key, column]) => [key, valuesOf(column, names)] as const);
  return places.map((place) => {
    const form = ($rows[place] ?? []).flatMap((at) => {
      const column = values[at];
      return column === undefined ? [] : [[column[0], column[1]()] as const];
    });
    return Object.fromEntries(form);
  });
}

/** Gives a column's values one after the other. */
function valuesOf(column: PackedColumn, names: Names): () => unknown {
  let at = 0;
  if (isList(column)) return () => column[at++];
  if ('all' in column) return () => column.all;
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
  return Object.keys(row).filter((key) => row[key] !== undefined);
}

function isRow(value: unknown): value is PackedRow {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
