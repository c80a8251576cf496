/** The name of a fact of a job, with the type of its value: what is read under it is what was settled under it. */
export interface FactKey<Value> {
  readonly name: string;
  /** Never there; it ties the type. */
  readonly value?: (value: Value) => Value;
}

/** Facts of one kind, by the beginning of their names. */
export interface FactFamily<Value> {
  readonly prefix: string;
  readonly value?: (value: Value) => Value;
}

export function factKey<Value>(name: string): FactKey<Value> {
  return { name };
}
