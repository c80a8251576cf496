/** What is known of the workspace's tests when a step is routed. */
export interface KnownTests {
  /** They can be run, and say something. */
  readonly canCheck: boolean;
  /** Ids of the steps that have red tests of their own to make green. */
  readonly named: ReadonlySet<string>;
  /** Ids of the steps whose fault a test shows, with the family of the model that wrote it. */
  readonly reproduced: ReadonlyMap<string, string>;
}
