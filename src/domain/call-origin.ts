/** What a harness asks a model for on its own account. `digest`: any other text about the session or a tool's output. */
export type HarnessTask = 'title' | 'topic' | 'compaction' | 'safety-check' | 'probe' | 'sub-agent' | 'digest';
