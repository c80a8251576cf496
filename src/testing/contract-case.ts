/** One promise of a port, in a form that any test runner can run: `for (const c of cases) test(c.name, c.run)`. */
export interface ContractCase {
  readonly name: string;
  /** Rejects when the promise is broken. */
  readonly run: () => Promise<void>;
}
